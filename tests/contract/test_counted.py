"""What decisions are counted for: every store counts the same, and each decision once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import redis.asyncio as aioredis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.entity import digest
from features.store.contract import Claim, Keep, Position, Store, Tally, Track
from features.store.memory import MemoryStore
from features.store.redis import RedisStore

T0 = 1_700_000_000_000
HOUR = Tally("budget:login:a-rule:0", 600, 6)
MINUTE = Tally("decisions:login:1m", 10, 6)
TRACK = Track("login:challenge:00ff", 3, 3600)

Body = Callable[[Store], Coroutine[Any, Any, None]]


@pytest.fixture(params=["memory", "redis-1", "redis-4"])
def on_store(request: pytest.FixtureRequest, redis_server: str) -> Callable[[Body], None]:
    def run(body: Body) -> None:
        async def go() -> None:
            store: Store
            if request.param == "memory":
                store = MemoryStore()
            else:
                client = aioredis.from_url(redis_server)
                await client.flushdb()
                store = RedisStore(client, shards=int(request.param[-1]))
            await body(store)
            await store.close()

        asyncio.run(go())

    return run


def keep(number: int, at_s: int = 0, key: str | None = None) -> Keep:
    key = str(number) if key is None else key
    return Keep(digest(key), f"{number:032x}", b"verdict", T0 + at_s * 1000, (HOUR, MINUTE), (TRACK,))


def test_counts_of_all_shards_are_summed_in_event_time(on_store: Callable[[Body], None]) -> None:
    async def body(store: Store) -> None:
        await store.keep([keep(number) for number in range(40)])
        assert (await store.recall([HOUR, MINUTE], T0, []))[0] == [40, 40]
        await store.keep([keep(number, 61) for number in range(40, 45)])
        assert (await store.recall([HOUR, MINUTE], T0 + 61_000, []))[0] == [45, 5]
        assert (await store.recall([HOUR, MINUTE], T0 + 7_200_000, []))[0] == [0, 0]

    on_store(body)


def test_a_decision_counts_once_however_often_it_is_kept(on_store: Callable[[Body], None]) -> None:
    async def body(store: Store) -> None:
        one = keep(7, key="ada")
        await store.claim([Claim(one.digest, one.decision_id, Position("t:0", 5, T0))])
        for _ in range(3):
            await store.keep([one])
        counts, (tracked,) = await store.recall([HOUR], T0, [(one.digest, TRACK)])
        assert counts == [1]
        assert tracked == [(T0, one.decision_id)]

    on_store(body)


def test_a_decision_counts_once_also_when_its_verdict_is_kept_no_more(redis_server: str) -> None:
    async def body() -> None:
        client = aioredis.from_url(redis_server)
        await client.flushdb()
        store = RedisStore(client, shards=1)
        one = keep(7, key="ada")
        claim = Claim(one.digest, one.decision_id, Position("t:0", 5, T0))
        await store.claim([claim])
        await store.keep([one])
        for key in await client.keys("*keep:*"):
            await client.delete(key)
        assert (await store.claim([claim]))[0].kept is None
        await store.keep([one])
        assert (await store.recall([HOUR], T0, []))[0] == [1]
        await store.close()

    asyncio.run(body())


def test_a_track_keeps_the_last_and_lets_go_of_what_is_undone(on_store: Callable[[Body], None]) -> None:
    async def body(store: Store) -> None:
        key = digest("ada")
        for number in range(5):
            await store.keep([keep(number, number, key="ada")])
        _, (tracked,) = await store.recall([], T0, [(key, TRACK)])
        assert tracked == [(T0 + n * 1000, f"{n:032x}") for n in (2, 3, 4)]
        assert await store.untrack([(key, TRACK, f"{3:032x}"), (key, TRACK, f"{1:032x}")]) == 1
        _, (tracked, other) = await store.recall([], T0, [(key, TRACK), (digest("bob"), Track("other", 3, 60))])
        assert [decision for _, decision in tracked] == [f"{2:032x}", f"{4:032x}"]
        assert other == []

    on_store(body)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(-9000, 9000)), max_size=40), st.integers(-9000, 9000))
def test_redis_counts_as_memory_does(redis_server: str, made: list[tuple[int, int]], asked_s: int) -> None:
    async def body() -> None:
        client = aioredis.from_url(redis_server)
        await client.flushdb()
        results = []
        for store in (MemoryStore(), RedisStore(client, shards=1)):
            for number, at_s in made:
                await store.keep([keep(number, at_s, key="ada")])
            results.append(await store.recall([HOUR, MINUTE], T0 + asked_s * 1000, [(digest("ada"), TRACK)]))
        assert results[0] == results[1]
        await store.close()

    asyncio.run(body())
