"""Reference data that is fetched while a worker runs is in force in its next decisions, without a restart."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from support.events import record
from support.pipeline import Pipeline, wait_until


@pytest.mark.services
def test_a_running_worker_takes_fetched_data_and_says_absence_once(services: Any, tmp_path: Path) -> None:
    now_ms = int(time.time() * 1000)
    (tmp_path / "exits").write_text("192.0.2.9\n")
    with Pipeline(services, tmp_path, reference_folder=tmp_path / "reference") as pipeline:
        worker = pipeline.start("worker")
        producer = pipeline.producer()
        sent = 0

        def verdict() -> dict[str, Any]:
            nonlocal sent
            name = f"e{sent}"
            sent += 1
            value = record("login", name, now_ms + sent, ip="192.0.2.9")
            producer.produce(pipeline.topic("login"), value, key="a")
            assert producer.flush(30) == 0
            found: list[dict[str, Any]] = []

            def decided() -> bool:
                found[:] = [one["data"] for one in pipeline.json("verdicts") if one["data"]["event"]["id"] == name]
                return bool(found)

            wait_until(decided, 60, f"{name} is decided")
            return found[0]

        before = verdict()
        assert before["reference"].endswith("asn:- tor:-")
        assert before["features"]["from_tor"] == 0
        pipeline.weir("reference", "fetch", "--tor", "exits")
        wait_until(lambda: "reference_loaded" in worker.log(), 30, "the worker has noticed")
        after = verdict()
        assert after["reference"] != before["reference"]
        assert after["features"]["from_tor"] == 1
        assert worker.log().count("reference_absent") == 1
        start = time.monotonic()
        assert worker.terminate() == 0
        assert time.monotonic() - start < 20
