"""A policy that does not wait for the store: decisions go on without features, and nothing is missing afterwards."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from support.events import record
from support.pipeline import Pipeline, wait_until

POLICY = """
[without_features]
do = "closed"
action = "challenge"
after_s = 0.5
"""
ACCOUNTS = 5


def send(pipeline: Pipeline, start: int, count: int, now_ms: int) -> None:
    producer = pipeline.producer()
    for i in range(start, start + count):
        producer.produce(
            pipeline.topic("login"), record("login", f"e{i}", now_ms + i, account=f"a{i % 5}"), f"a{i % 5}"
        )
    assert producer.flush(60) == 0


def decided(pipeline: Pipeline) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for verdict in pipeline.json("verdicts"):
        found.setdefault(verdict["data"]["event"]["id"], verdict["data"])
    return found


@pytest.mark.services
def test_decisions_go_on_without_the_store_and_say_so_and_the_counters_are_whole_again(
    services: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "rules" / "login"
    folder.mkdir(parents=True)
    (folder / "policy.toml").write_text(POLICY)
    now_ms = int(time.time() * 1000) - 600_000
    with Pipeline(services, tmp_path, rulebook_folders=tmp_path / "rules") as pipeline:
        worker = pipeline.start("worker")
        send(pipeline, 0, 50, now_ms)
        wait_until(lambda: len(decided(pipeline)) == 50, 60, "50 verdicts")
        pid = next(status.pid for status in services.stack.status("redis"))
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        try:
            send(pipeline, 50, 50, now_ms)
            wait_until(lambda: len(decided(pipeline)) == 100, 60, "50 verdicts without the store")
            send(pipeline, 100, 20, now_ms)
            wait_until(lambda: len(decided(pipeline)) == 120, 60, "20 more")
        finally:
            os.kill(pid, signal.SIGCONT)
        send(pipeline, 120, 30, now_ms)
        wait_until(lambda: len(decided(pipeline)) == 150, 60, "30 verdicts with the store")
        verdicts = decided(pipeline)
        for number in range(150):
            data = verdicts[f"e{number}"]
            blind = data["degraded"] == ["no-features"]
            assert blind == (50 <= number < 120) or number >= 120, (number, data["degraded"])
            assert data["action"] == ("challenge" if blind else "allow")
            assert not blind or data["policy"] == ["features are missing, which asks for challenge"]
        # What was decided without the store was read again from Kafka before it counted the next.
        last = [verdicts[f"e{number}"]["features"]["account.logins_24h"] for number in range(145, 150)]
        assert last == [150 / ACCOUNTS] * 5
        assert worker.metric('weir_degraded_total{how="no-features",kind="login"}') >= 70
        assert worker.terminate() == 0
