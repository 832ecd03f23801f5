"""Workers that are killed again and again: no event lost, none counted twice, nothing in dead-letters but garbage."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from support.events import CATALOGUES, KINDS, REFERENCE, event, record
from support.hostile import garbage, odd_but_valid
from support.pipeline import Pipeline, wait_until

from features.aggregations.state import REPEATED
from features.catalogue import flags_of
from features.event import EventDecoder, decision_id
from features.store.contract import Observation, Position
from streams.kafka import admin_client, topic_ids
from streams.store import redis_store

RATE = 1000
SECONDS = 20
KILLS = 5


def load(count: int, now_ms: int) -> list[tuple[str, str, bytes]]:
    """(kind, key, record): events over few entities, some of them sent twice."""
    rng = random.Random(7)
    made: list[tuple[str, str, bytes]] = []
    for i in range(count):
        kind = rng.choices(["login", "signup", "mail"], [70, 15, 15])[0]
        account, ip = f"user{rng.randrange(300)}", f"192.0.2.{rng.randrange(100)}"
        fields: dict[str, Any] = {"account": account, "ip": ip}
        if kind == "login":
            fields |= {"success": rng.random() < 0.8, "device": f"d{rng.randrange(50)}"}
        key = ip if kind == "signup" else account
        made.append((kind, key, record(kind, f"e{i}", now_ms - rng.randrange(1000), **fields)))
        if rng.random() < 0.02:
            made.append(made[rng.randrange(len(made))])
    return made


@pytest.mark.services
def test_every_event_has_one_verdict_and_every_counter_is_exact_after_many_kills(
    services: Any, tmp_path: Path
) -> None:
    now_ms = int(time.time() * 1000)
    events = load(RATE * SECONDS, now_ms)
    hostile = garbage(1, 100, now_ms)
    odd = odd_but_valid(now_ms)
    with Pipeline(services, tmp_path) as pipeline:
        pipeline.start("indexer")
        workers = [pipeline.start("worker"), pipeline.start("worker")]
        sender = threading.Thread(target=_send, args=(pipeline, events, hostile, odd))
        sender.start()
        rng = random.Random(3)
        for _ in range(KILLS):
            time.sleep(rng.uniform(1, 4))
            victim = rng.randrange(len(workers))
            workers[victim].kill()
            workers[victim] = pipeline.start("worker", ready=False)
        sender.join()
        valid = {kind: _decoded(kind, [v for k, _, v in events if k == kind]) for kind in KINDS}
        for kind, value in odd:
            valid[kind] |= _decoded(kind, [value])
        expected = {d for decoded in valid.values() for d in decoded}
        wait_until(lambda: pipeline.count() >= len(expected), 240, f"{len(expected)} documents")
        wait_until(lambda: len(pipeline.json("dead-letters")) >= len(hostile), 60, "all garbage in dead-letters")

        documents = pipeline.documents()
        assert {document["_id"] for document in documents} == expected
        assert len(documents) == len(expected)

        letters = {letter["id"]: letter["data"]["reason"] for letter in pipeline.json("dead-letters")}
        assert Counter(letters.values()) == Counter(reason for _, _, reason in hostile)

        verdicts: dict[str, set[bytes]] = {}
        for message in pipeline.records("verdicts"):
            value = message.value()
            verdicts.setdefault(value[value.index(b'"id":"') + 6 :][:32].decode(), set()).add(value)
        assert set(verdicts) == expected
        assert {id_ for id_, versions in verdicts.items() if len(versions) > 1} == set()

        asyncio.run(_compare_counters(pipeline, valid["login"], now_ms))


def _send(pipeline: Pipeline, events: Any, hostile: Any, odd: Any) -> None:
    producer = pipeline.producer()
    started = time.monotonic()
    strange = [(kind, "x", value) for kind, value, _ in hostile] + [(kind, "x", value) for kind, value in odd]
    gap = max(1, len(events) // len(strange))
    for i, (kind, key, value) in enumerate(events):
        producer.produce(pipeline.topic(kind), value, key)
        if i % gap == 0 and strange:
            other, other_key, other_value = strange.pop()
            producer.produce(pipeline.topic(other), other_value, other_key)
        producer.poll(0)
        ahead = i / RATE - (time.monotonic() - started)
        if ahead > 0.01:
            time.sleep(ahead)
    for other, other_key, other_value in strange:
        producer.produce(pipeline.topic(other), other_value, other_key)
    assert producer.flush(60) == 0


def _decoded(kind: str, values: list[bytes]) -> dict[str, Any]:
    """Decision id to event: a repeated record is one event."""
    decoder = EventDecoder(KINDS[kind], 131_072, 10**9)
    events = [decoder.decode(value) for value in values]
    assert all(e.decision_id == decision_id(kind, e.source, e.id) for e in events)
    return {e.decision_id: e for e in events}


async def _compare_counters(pipeline: Pipeline, logins: dict[str, Any], now_ms: int) -> None:
    """Read each entity without adding anything (an offset below every mark), and count by brute force."""
    catalogue = CATALOGUES["login"]
    topic = pipeline.topic("login")
    place = f"{topic_ids(admin_client(pipeline.settings), [topic])[topic]}:0"
    store = redis_store(pipeline.settings)
    assert await store.attach(place) > 0
    counts: Counter[tuple[str, str]] = Counter()
    devices: dict[str, set[str]] = {}
    for one in logins.values():
        entities = catalogue.prepare(one, REFERENCE).entities
        for name, value in entities.items():
            counts[name, value] += 1
        if one.data.ip:
            devices.setdefault(entities["ip"], set()).add(one.data.account)
    checked = 0
    for (name, value), count in counts.items():
        fields = {"account": {"account": value}, "ip": {"ip": value}, "device": {"device": value}}.get(name)
        if fields is None or value == "ancient":
            continue
        probe = event("login", "probe", now_ms, **fields)
        prepared = catalogue.prepare(probe, REFERENCE)
        updates = [
            update if source.entity == name else None
            for source, update in zip(catalogue.sources, prepared.updates, strict=True)
        ]
        answer = (await store.observe([Observation(Position(place, 0, now_ms), now_ms, updates)], {place: 0}))[0]
        assert flags_of(answer) & REPEATED
        vector = dict(zip(catalogue.names, catalogue.vector(probe, prepared, answer), strict=True))
        feature = {"account": "account.logins_24h", "ip": "ip.logins_24h"}.get(name)
        if feature is not None:
            assert vector[feature] == count, (name, feature)
            checked += 1
        if name == "ip":
            assert vector["ip.accounts_24h"] == min(32, len(devices[value]))
    assert checked > 300
    await store.close()
