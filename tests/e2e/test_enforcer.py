"""The enforcer on a real Kafka: killed, repeated to, corrected, fenced; what is enforced stays what it has to be."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.decisions import Sent, correction, decisions, still_enforced
from support.pipeline import Pipeline, wait_until

from streams.clients.enforcement import EnforcementClient
from streams.enforcement.record import split_key

KILLS = 4
NOW_MS = int(time.time() * 1000)


def send(pipeline: Pipeline, records: list[Sent], rate: int | None = None) -> None:
    producer = pipeline.producer()
    started_s = time.monotonic()
    for number, one in enumerate(records):
        producer.produce(pipeline.topic("verdicts"), one.value, one.account, headers=one.headers)
        producer.poll(0)
        if rate is not None and (ahead_s := number / rate - (time.monotonic() - started_s)) > 0.01:
            time.sleep(ahead_s)
    assert producer.flush(60) == 0


def client_of(pipeline: Pipeline) -> EnforcementClient:
    return EnforcementClient(pipeline.settings.kafka, pipeline.topic("enforcements"))


def held(client: EnforcementClient) -> dict[str, set[tuple[str, str]]]:
    return {
        value: {(one.decision, one.action) for one in client.decisions("account", value) if one.holds(NOW_MS)}
        for _, value, _ in client.enforced("account")
    }


def redelivered(sent: list[Sent], rng: random.Random) -> list[Sent]:
    """As after crashes of workers: now and then the last few hundred verdicts once more, and corrections too."""
    found: list[Sent] = []
    for number, one in enumerate(sent):
        found.append(one)
        if number % 1000 == 999:
            found += sent[number - rng.randrange(500) : number + 1]
    return found


@pytest.mark.services
def test_the_state_after_kills_and_repetitions_is_what_every_verdict_and_correction_asks_for(
    services: Any, tmp_path: Path
) -> None:
    sent = decisions(12_000, 3_000, NOW_MS, seed=5)
    with Pipeline(services, tmp_path) as pipeline, client_of(pipeline) as client:
        client.read_to_end()
        enforcer = pipeline.start("enforcer")
        log = redelivered(sent, random.Random(1))
        sender = threading.Thread(target=send, args=(pipeline, log, 1500))
        sender.start()
        for pause_s in (0.5, 1.1, 0.3, 0.8)[:KILLS]:
            time.sleep(pause_s)
            enforcer.kill()
            enforcer = pipeline.start("enforcer")
        sender.join()
        expected = still_enforced(sent, NOW_MS)

        def follows() -> bool:
            client.poll(0.2)
            return held(client) == expected

        # The one that followed all the time, and one that reads it whole.
        wait_until(follows, 60, f"{len(expected)} accounts as they have to be")
        assert len(expected) > 1500
        with client_of(pipeline) as other:
            other.read_to_end()
            assert held(other) == expected
        # Everything once more changes nothing, also for an enforcer that has just started.
        before = {value: client.decisions("account", value) for value in expected}
        assert enforcer.terminate() == 0
        enforcer = pipeline.start("enforcer")
        send(pipeline, sent)
        wait_until(lambda: enforcer.metric("weir_folded_total") >= len(sent), 60, "all were met again")
        assert enforcer.metric('weir_folded_total{result="repeated"}') == len(sent)
        assert enforcer.metric("weir_enforced_targets") == len(expected)
        time.sleep(1.5)
        while client.poll(0.2):
            pass
        assert {value: client.decisions("account", value) for value in expected} == before
        assert enforcer.terminate() == 0


@pytest.mark.services
def test_corrections_expiry_and_tombstones_as_a_client_sees_them(services: Any, tmp_path: Path) -> None:
    def block(name: str, account: str, offset: int, expires_ms: int | None, action: str = "block") -> Sent:
        return Sent(name, account, action, expires_ms, None, 0, offset)

    with Pipeline(services, tmp_path, partitions=2) as pipeline:
        first = pipeline.start("enforcer")
        now_ms = int(time.time() * 1000)
        ada = block("d1", "ada", 1, None)
        bob = block("d2", "bob", 2, now_ms + 6000)
        milder = block("d3", "ada", 3, now_ms + 3_600_000, action="challenge")
        send(pipeline, [ada, bob, milder])
        wait_until(lambda: first.metric("weir_enforced_targets") == 2, 20, "two targets")
        with client_of(pipeline) as client:
            client.read_to_end()
            assert client.caught_up
            counts = client.strongest("account", "ada")
            assert counts is not None
            assert (counts.decision, counts.action, counts.expires_ms) == ("d1", "block", None)
            assert client.strongest("account", "eve") is None
            changes = client.changes(timeout_s=20)

            # Without any further event, by the clock; the topic's record goes some seconds later.
            assert next(changes)[:3] == ("account", "bob", None)
            assert int(time.time() * 1000) >= now_ms + 6000
            send(pipeline, [correction(ada, "c1", "allow")])
            change = next(changes)
            assert change.counts is not None
            assert (change.value, change.counts.decision, change.counts.action) == ("ada", "d3", "challenge")
            send(pipeline, [ada, correction(milder, "c2", "review"), bob])
            assert next(changes)[:3] == ("account", "ada", None)

        second = pipeline.start("enforcer")
        send(pipeline, [block("d4", "eve", 4, None)])
        assert first.popen.wait(timeout=30) == 70
        assert "enforcer_fenced" in first.log()

        newest: dict[str, bytes | None] = {}

        def is_written() -> bool:
            newest.update((message.key().decode(), message.value()) for message in pipeline.records("enforcements"))
            return newest.get("account=bob", b"") is None and newest.get("account=eve") is not None

        wait_until(is_written, 30, "bob's record is a tombstone, and eve is enforced")
        targets = {key: value for key, value in newest.items() if split_key(key) is not None and value is not None}
        assert list(targets) == ["account=eve"]
        assert msgspec.json.decode(targets["account=eve"]) == {
            "decisions": [{"decision": "d4", "kind": "login", "action": "block"}]
        }
        printed = pipeline.weir("enforcements", "tail", "--once").stdout
        assert printed == "account=eve: block until corrected\n"
        assert "account=" not in first.log() + second.log()
        assert second.terminate() == 0
