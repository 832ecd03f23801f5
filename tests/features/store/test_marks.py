"""What a Redis that lost something is found out by, and what decisions then say."""

from __future__ import annotations

import asyncio
import uuid

import pytest
from redis.asyncio import Redis
from support.events import T0, event
from support.observing import observation, observe

from features.aggregations.state import REBUILDING
from features.catalogue import flags_of
from features.errors import StoreBehind, StoreUnavailable
from features.store.redis import RedisStore


def test_a_redis_that_lost_its_tail_is_noticed_before_anything_is_applied(redis_server: str) -> None:
    async def body() -> None:
        client = Redis.from_url(redis_server)
        space = f"t{uuid.uuid4().hex}"
        store = RedisStore(client, namespace=space, shards=1)
        await store.attach("T:0")
        events = [event("login", str(i), T0 + i) for i in range(4)]
        await observe(store, events[:3])
        await client.hset(f"{space}:{{0}}:marks", "T:0", 1)
        with pytest.raises(StoreBehind) as caught:
            await observe(store, events[3:], 3)
        assert caught.value.marks == {(0, "T:0"): 1}
        # Nobody has acted on it yet: it is noticed again.
        with pytest.raises(StoreBehind):
            await store.follow({"T:0": 2})
        assert await store.attach("T:0") == 1
        assert await client.hget(f"{space}:{{0}}:marks", "T:0") == b"1"
        await client.aclose()

    asyncio.run(body())


def test_a_shard_that_is_filled_from_nothing_says_so_for_a_while(redis_server: str) -> None:
    async def body() -> None:
        client = Redis.from_url(redis_server)
        space = f"t{uuid.uuid4().hex}"
        events = [event("login", str(i), T0 + i) for i in range(6)]
        other = RedisStore(client, namespace=space, shards=1)
        await other.attach("U:0")
        store = RedisStore(client, namespace=space, shards=1)
        await store.attach("T:0")
        (first,) = await store.observe([observation(events[0], 0)], {"T:0": 0})
        assert not flags_of(first) & REBUILDING, "a log that begins is no loss"
        await store.refill([observation(events[1], 1)], {"T:0": 1})
        (second,) = await store.observe([observation(events[2], 2)], {"T:0": 2})
        assert not flags_of(second) & REBUILDING, "a gap that was closed is none"
        await client.delete(f"{space}:{{0}}:marks")
        with pytest.raises(StoreBehind):
            await store.follow({"T:0": 2})
        assert await store.attach("T:0") == -1
        for number in range(3):
            await store.refill([observation(events[number], number)], {"T:0": number})
        (mine,) = await store.observe([observation(events[3], 3)], {"T:0": 3})
        (others,) = await other.observe([observation(events[4], 0, "U:0")], {"U:0": 0})
        assert flags_of(mine) & REBUILDING
        assert flags_of(others) & REBUILDING, "what others have to tell of the actor may be missing still"
        assert 0 < await client.pttl(f"{space}:{{0}}:rebuilding") <= 30_000
        await client.delete(f"{space}:{{0}}:rebuilding")
        (later,) = await store.observe([observation(events[5], 4)], {"T:0": 4})
        assert not flags_of(later) & REBUILDING
        await client.aclose()

    asyncio.run(body())


def test_a_redis_that_does_not_answer_is_unavailable() -> None:
    async def body() -> None:
        store = RedisStore(Redis.from_url("redis://127.0.0.1:1/0"))
        with pytest.raises(StoreUnavailable):
            await store.attach("T:0")
        await store.close()

    asyncio.run(body())
