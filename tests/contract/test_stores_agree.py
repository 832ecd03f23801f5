"""The memory store and the Redis store give the same vectors for a long, disorderly log of the shipped kinds."""

from __future__ import annotations

import asyncio
import uuid

import msgspec
import pytest
from redis.asyncio import Redis
from support.events import CATALOGUES, KINDS, T0, record
from support.log import Log
from support.traffic import traffic

from features.aggregations.state import LATE
from features.catalogue import flags_of
from features.event import EventDecoder
from features.store.memory import MemoryStore
from features.store.redis import RedisStore


@pytest.mark.parametrize("shards", [1, 4])
def test_twenty_thousand_random_events_have_the_same_vectors_in_both_stores(redis_server: str, shards: int) -> None:
    decoders = {name: EventDecoder(kind, 131_072, 300) for name, kind in KINDS.items()}
    records = traffic(5, 20_000, T0)
    events = [decoders[msgspec.json.decode(one)["type"]].decode(one) for one in records]
    log = Log(CATALOGUES, events)

    async def inside() -> None:
        memory = MemoryStore()
        redis = RedisStore(Redis.from_url(redis_server), namespace=f"t{uuid.uuid4().hex}", shards=shards)
        try:
            for store in (memory, redis):
                await log.attach(store)
            late = seen = 0
            for begin in range(0, len(events), 400):
                here, there = [await log.take(store, begin, begin + 400) for store in (memory, redis)]
                assert here.keys() == there.keys()
                for index, readings in here.items():
                    assert log.vector(index, readings) == log.vector(index, there[index]), index
                    assert flags_of(readings) == flags_of(there[index])
                    late += bool(flags_of(readings) & LATE)
                    seen += 1
            # The log is as disorderly as it is meant to be: some are repeated, some are too late for a window.
            assert 19_000 < seen < 20_000
            assert late > 1_000
        finally:
            await redis.close()

    asyncio.run(inside())


def test_the_largest_micro_batch_is_one_call_and_agrees_too(redis_server: str) -> None:
    """Ten thousand events of as many actors: as many as the setting batch_size allows."""
    decoder = EventDecoder(KINDS["login"], 131_072, 300)
    actors = ({"account": f"a{i}", "ip": f"10.0.{i >> 8}.{i & 255}", "device": f"d{i}"} for i in range(10_000))
    events = [decoder.decode(record("login", str(i), T0 + i, **who)) for i, who in enumerate(actors)]
    log = Log(CATALOGUES, events)

    async def inside() -> None:
        redis = RedisStore(Redis.from_url(redis_server), namespace=f"t{uuid.uuid4().hex}", shards=1)
        try:
            memory = MemoryStore()
            await log.attach(memory)
            await log.attach(redis)
            here, there = [await log.take(store, 0, len(events)) for store in (memory, redis)]
            assert [[one and list(one) for one in readings] for readings in here.values()] == list(there.values())
        finally:
            await redis.close()

    asyncio.run(inside())
