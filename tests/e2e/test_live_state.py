"""What people set while a worker runs: in force within two seconds, taken back as quickly, kept over a restart."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Message
from support.events import record
from support.pipeline import Pipeline, Process, wait_until

WITHIN_MS = 2000


class Logins:
    """Sends successful logins from 192.0.2.7, and finds their verdicts."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._producer = pipeline.producer()
        self._sent = 0

    def send(self, account: str) -> str:
        name = f"e{self._sent}"
        self._sent += 1
        value = record("login", name, int(time.time() * 1000), account=account, ip="192.0.2.7")
        self._producer.produce(self._pipeline.topic("login"), value, key=account)
        assert self._producer.flush(30) == 0
        return name

    def verdict(self, account: str) -> dict[str, Any]:
        """Of a login that is sent now."""
        name = self.send(account)
        found: list[dict[str, Any]] = []

        def decided() -> bool:
            found[:] = [data for _, data in self.decided() if data["event"]["id"] == name]
            return bool(found)

        wait_until(decided, 60, f"{name} is decided")
        return found[0]

    def decided(self) -> list[tuple[int, dict[str, Any]]]:
        """All verdicts, each with the time when its event's record was appended."""
        return [
            (int(dict(message.headers())["weir-append-ms"]), json.loads(message.value())["data"])
            for message in self._pipeline.records("verdicts")
        ]

    def actions_around(self, change: Message, seconds: float = 3.0) -> tuple[set[str], set[str]]:
        """What was decided of logins that came before a change on the control topic, and from two seconds after."""
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s:
            self.send("bob")
            time.sleep(0.05)
        wait_until(lambda: len(self.decided()) == self._sent, 60, "all are decided")
        at_ms = change.timestamp()[1]
        decided = [(ms, data["action"]) for ms, data in self.decided()]
        return (
            {action for ms, action in decided if ms < at_ms},
            {action for ms, action in decided if ms > at_ms + WITHIN_MS},
        )


def last_change(pipeline: Pipeline, key: str) -> Message:
    (*_, last) = (one for one in pipeline.records("control") if one.key() == key.encode())
    return last


def frozen(worker: Process) -> float:
    return worker.metric('weir_frozen{kind="login"}')


@pytest.mark.services
def test_lists_protection_and_freezes_reach_a_running_worker_and_stay(services: Any, tmp_path: Path) -> None:
    with Pipeline(services, tmp_path) as pipeline:
        worker = pipeline.start("worker")
        logins = Logins(pipeline)
        assert logins.verdict("eve")["action"] == "allow"

        added = pipeline.weir(
            "lists", "add", "blocked_networks", "192.0.2.0/24", "--expires", "1d", "--reason", "test"
        )
        assert "1 added" in added.stdout
        time.sleep(WITHIN_MS / 1000)
        blocked = logins.verdict("eve")
        assert blocked["action"] == "block"
        assert blocked["facts"]["lists"] == {"blocked_networks": ["ip"]}
        assert worker.metric('weir_list_entries{list="blocked_networks"}') == 1

        pipeline.weir("lists", "add", "protect", "account=eve")
        time.sleep(WITHIN_MS / 1000)
        protected = logins.verdict("eve")
        assert (protected["action"], protected["facts"]["protect"]) == ("allow", ["account"])
        assert [reason["action"] for reason in protected["reasons"]] == ["block"]
        assert logins.verdict("bob")["action"] == "block"
        pipeline.weir("lists", "remove", "protect", "account=eve")

        pipeline.weir("freeze", "--kind", "login", "--action", "review", "--reason", "a bad day")
        before, after = logins.actions_around(last_change(pipeline, "freeze/login"))
        assert "block" in before
        assert after == {"review"}
        verdict = logins.verdict("bob")
        assert (verdict["facts"]["freeze"], verdict["degraded"]) == ("review", ["frozen"])
        assert frozen(worker) == 1
        assert '"frozen"' in worker.log()

        # A worker that starts knows it before its first decision.
        worker.kill()
        worker = pipeline.start("worker")
        assert frozen(worker) == 1
        assert logins.verdict("eve")["action"] == "review"

        pipeline.weir("freeze", "--kind", "login", "--lift")
        _, after = logins.actions_around(last_change(pipeline, "freeze/login"))
        assert after == {"block"}
        assert frozen(worker) == 0
        assert '"freeze_lifted"' in worker.log()
        assert "a bad day" not in worker.log()
