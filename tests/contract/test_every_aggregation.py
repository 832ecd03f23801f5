"""Every aggregation in every store equals brute force: any order, clock steps, duplicates, restarts, redeliveries."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis
from support.log import Log
from support.rich_kind import RICH_CATALOGUES, rich_event

from features.event import Event
from features.store.contract import Observation, Observed, Store
from features.store.memory import MemoryStore
from features.store.redis import RedisStore

T0 = 1_795_237_200_000
YEAR_1 = -62_135_596_800_000
YEAR_9999 = 253_402_300_799_999
S, M, H, D = 1000, 60_000, 3_600_000, 86_400_000


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


# Steps of the clock from one event to the next: mostly small, across buckets, windows and horizons, and back.
_steps = st.one_of(
    st.integers(0, 30 * S),
    st.integers(-M, M),
    st.sampled_from([0, 0, 1, -1, 10 * S, M, 10 * M, H, 2 * H, D, 2 * D, 3 * D, 7 * D, 30 * D]),
    st.sampled_from([10 * M, 2 * H, D, 2 * D, 3 * D, 7 * D, 30 * D]).map(lambda ms: ms + 1),
    st.sampled_from([-10 * S, -M, -10 * M, -H, -2 * H, -D, -3 * D, -8 * D, -31 * D, 31 * D]),
    st.integers(-40 * D, 40 * D),
)
_texts = st.sampled_from(
    ["red", "red-1", "red-2", "blue", "", "a", "b", "Ada", "端末", "\u0000", "}{%s\r\n", "x" * 300]
)
# Mostly one actor with few values, for it is the long histories that tell stores apart.
_names = st.one_of(st.sampled_from(["ada", "ada", "ada", "bob", "red"]), st.text(min_size=1, max_size=3))
_colours = st.one_of(st.sampled_from(["red-1", "red-2", "blue", "ada", "grey"]), _texts)
_degrees = st.one_of(
    st.sampled_from([1.5, -40.25]),
    st.floats(-90, 90),
    st.sampled_from([0, -0.0, 52.52, 90.0, -90.0, 1e-7, 5e-8]),
    st.none(),
)
_deeds = st.fixed_dictionaries(
    {"account": _names, "ok": st.booleans()},
    optional={
        "origin": _texts,
        "colour": _colours,
        "amount": st.one_of(st.integers(-30, 30), st.sampled_from([2**40, -(2**40)])),
        "latitude": _degrees,
        "longitude": st.one_of(_degrees, st.floats(-180, 180)),
        "tags": st.lists(st.sampled_from(["a", 'b"\\', "é"]), max_size=2),
    },
).map(lambda data: ("deed", data))
_visits = st.fixed_dictionaries(
    {"account": _names, "ok": st.booleans()}, optional={"page": _texts, "amount": st.integers(-100, 100)}
).map(lambda data: ("visit", data))
_starts = st.sampled_from([T0, T0, T0, 0, YEAR_1 + 50 * D, YEAR_9999 - 50 * D])


def events_of(start: int, steps: list[tuple[int, tuple[str, dict[str, Any]] | int]]) -> list[Event]:
    """A number in place of an event repeats the event so far back."""
    now, events = start, list[Event]()
    for i, (step, what) in enumerate(steps):
        if isinstance(what, int):
            events.append(events[-1 - what % len(events)] if events else rich_event("deed", "first", now))
            continue
        now = min(max(now + step, YEAR_1), YEAR_9999)
        kind, data = what
        events.append(rich_event(kind, str(i), now, **data))
    return events


_histories = st.tuples(
    _starts,
    st.lists(
        st.tuples(_steps, st.one_of(_deeds, _deeds, _deeds, _visits, st.integers(0, 9))), min_size=1, max_size=40
    ),
).map(lambda made: events_of(*made))


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=_histories, sizes=st.lists(st.integers(1, 14), min_size=1, max_size=6))
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
    events=_histories,
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


def crowded(seed: int, count: int) -> list[Event]:
    """A long history of two actors with few values, at every pace: within a bucket, a window, a horizon."""
    draw = random.Random(seed)
    now, events, pace = T0, list[Event](), [0, 1]
    for i in range(count):
        if i % 12 == 0:
            pace = draw.choice(
                [[0], [0, S, 9 * S], [30 * S, -M, 0], [7 * M, -10 * M], [H, 0], [-3 * H, 5 * H], [D, 0]]
            )
        now += draw.choice(pace)
        when = now - draw.choice([0, 0, 0, 0, 50 * S, 20 * M, 5 * H, 3 * D, 20 * D])
        data: dict[str, Any] = {"account": draw.choice(["ada", "ada", "bob"]), "ok": draw.random() < 0.6}
        if draw.random() < 0.25:
            some = {"page": draw.choice(["A", "b", "c"]), "amount": draw.randrange(-9, 9)}
            events.append(rich_event("visit", str(i), when, **data, **some))
            continue
        some = {
            "origin": draw.choice(["a", "b", "c"]),
            "colour": draw.choice(["red-1", "red-2", "red-3", "ada", "bob"]),
            "amount": draw.choice([-30, 5, 11, 12, 30]),
            "latitude": draw.choice([None, 1.5, -40.25, 52.52]),
            "longitude": draw.choice([1.5, 170, -170]),
            "tags": draw.choice([[], ["a"], ["b"]]),
        }
        events.append(rich_event("deed", str(i), when, **data, **some))
    return events


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


def test_three_thousand_events_over_a_thousand_entities_equal_brute_force(stores: Stores) -> None:
    draw = random.Random(11)
    now, events = T0, list[Event]()
    for i in range(3_000):
        now += draw.choice([0, 1, 500, 20 * S, 90 * S, -40 * S, -5 * M])
        when = now - draw.choice([0, 0, 0, 2 * H, 2 * D])
        name = f"u{int(draw.paretovariate(0.3)) % 1500}"
        if draw.random() < 0.25:
            data: dict[str, Any] = {"page": f"P{draw.randrange(60)}", "amount": draw.randrange(-9, 9)}
            events.append(rich_event("visit", str(i), when, account=name, ok=draw.random() < 0.6, **data))
            continue
        data = {
            "ok": draw.random() < 0.7,
            "origin": f"p{draw.randrange(120)}",
            "colour": f"c{draw.randrange(40)}-{draw.randrange(3)}",
            "amount": draw.randrange(-99, 99),
            "latitude": draw.choice([None, draw.uniform(-90, 90)]),
            "longitude": draw.uniform(-180, 180),
            "tags": [f"t{draw.randrange(4)}"],
        }
        events.append(rich_event("deed", str(i), when, account=name, **data))
    log = Log(RICH_CATALOGUES, events)
    assert len({(k, v) for i in range(len(events)) for k, v in log.seen(i).entities.items()}) > 1000

    async def body(store: Store) -> None:
        await log.attach(store)
        observed: dict[int, Observed] = {}
        for begin in range(0, len(events), 170):
            observed |= await log.take(store, begin, begin + 170)
        # All events are in everyone's history: the few features that read it are compared at one event of fifty.
        assert log.check(observed, 50, ["everyone", "login_risk"]) > 90_000

    run(stores, body)
