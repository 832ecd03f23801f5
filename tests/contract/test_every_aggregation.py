"""Every aggregation in every store equals brute force: any order, clock steps, duplicates, restarts, redeliveries."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis
from support.disorder import crowded, histories, scattered
from support.log import Log
from support.rich_kind import RICH_CATALOGUES

from features.event import Event
from features.store.contract import Observation, Observed, Store
from features.store.memory import MemoryStore
from features.store.redis import RedisStore


@dataclass
class Stores:
    """A store of one kind; ``again`` is another object on the same data, as after a worker's restart."""

    make: Callable[[], Store]
    again: Callable[[Store], Store]
    shards: int


@pytest.fixture(params=["memory", "redis-1", "redis-4"])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "memory":
        return Stores(MemoryStore, lambda store: store, 1)
    url = request.getfixturevalue("redis_server")
    shards = int(request.param[-1])
    space = ""

    def again(_: Store | None = None) -> Store:
        return RedisStore(Redis.from_url(url), namespace=space, shards=shards)

    def make() -> Store:
        nonlocal space
        space = f"t{uuid.uuid4().hex}"
        return again()

    return Stores(make, again, shards)


def run(stores: Stores, body: Callable[[Store], Awaitable[Any]]) -> None:
    async def inside() -> None:
        store = stores.make()
        try:
            await body(store)
        finally:
            await store.close()

    asyncio.run(inside())


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=histories, sizes=st.lists(st.integers(1, 14), min_size=1, max_size=6))
def test_every_feature_equals_brute_force(stores: Stores, events: list[Event], sizes: list[int]) -> None:
    log = Log(RICH_CATALOGUES, events)

    async def body(store: Store) -> None:
        await log.attach(store)
        observed: dict[int, Observed] = {}
        begin = 0
        while begin < len(events):
            end = begin + sizes[begin % len(sizes)]
            observed |= await log.take(store, begin, end)
            begin = end
        log.check(observed)

    run(stores, body)


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    events=histories,
    size=st.integers(1, 9),
    broken=st.sets(st.integers(0, 12)),
    back=st.integers(0, 9),
    held=st.sets(st.integers(0, 3)),
)
def test_what_is_delivered_again_after_a_restart_is_read_and_not_added(
    stores: Stores, events: list[Event], size: int, broken: set[int], back: int, held: set[int]
) -> None:
    """Of each broken batch only some shards were reached; then a new worker begins before it, in other batches."""
    log = Log(RICH_CATALOGUES, events)
    if stores.shards == 1:
        held = {0} if held else set()

    async def body(store: Store) -> None:
        await log.attach(store)
        # Where every shard has a mark, only those are called that an event concerns.
        await store.follow(dict.fromkeys(log.partitions, 0))
        observed: dict[int, Observed] = {}
        begin = number = 0
        while begin < len(events):
            end = begin + size
            if number not in broken:
                observed = {**await log.take(store, begin, end), **observed}
                begin, number = end, number + 1
                continue
            mine = await log.claim(store, begin, end)
            reached = [_reached(log.observation(i), held, stores.shards) for i in mine]
            if any(update is not None for one in reached for update in one.updates):
                await store.observe(reached, log.ends(begin, end))
            store = stores.again(store)
            await log.attach(store)
            # What was answered and lost; a second worker asks again.
            begin, number = max(0, begin - back), number + 1
            broken.discard(number - 1)
        log.check(dict(sorted(observed.items())))

    run(stores, body)


def _reached(observation: Observation, shards: set[int], count: int) -> Observation:
    updates = [u if u is not None and u.slot % count in shards else None for u in observation.updates]
    return Observation(observation.position, observation.time_ms, updates)


@pytest.mark.parametrize("seed", range(5))
def test_long_histories_of_few_actors_equal_brute_force(stores: Stores, seed: int) -> None:
    events = crowded(seed, 220)
    log = Log(RICH_CATALOGUES, events)

    async def body(store: Store) -> None:
        await log.attach(store)
        observed: dict[int, Observed] = {}
        for begin in range(0, len(events), 1 + seed * 7):
            observed |= await log.take(store, begin, begin + 1 + seed * 7)
        assert log.check(observed) > 7_000

    run(stores, body)


@cache
def many() -> tuple[Log, dict[int, dict[str, float]]]:
    """A log over many entities and what brute force makes of it, which takes its time."""
    log = Log(RICH_CATALOGUES, scattered(11, 3_000))
    # All events are in everyone's history: what reads it is computed at one event of fifty.
    return log, log.wanted(range(len(log.events)), 50, ["everyone", "login_risk"])


def test_three_thousand_events_over_a_thousand_entities_equal_brute_force(stores: Stores) -> None:
    log, wanted = many()
    assert len({(k, v) for i in wanted for k, v in log.seen(i).entities.items()}) > 1000

    async def body(store: Store) -> None:
        await log.attach(store)
        observed: dict[int, Observed] = {}
        for begin in range(0, len(wanted), 170):
            observed |= await log.take(store, begin, begin + 170)
        assert log.check(observed, wanted) > 90_000

    run(stores, body)
