"""Old and new workers side by side, at random, with every aggregation: what both know stays exact."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis
from support.log import REFERENCE
from support.oracle import Oracle, Seen
from support.rich_kind import rich_event
from support.rich_versions import SHARED, VERSIONS

from features.catalogue import Catalogue
from features.event import Event
from features.store.contract import Observation, Position, Store
from features.store.memory import MemoryStore
from features.store.redis import RedisStore

T0 = 1_795_237_200_000


async def vectors(store: Store, events: Sequence[tuple[int, Event]], between: Any = None) -> list[dict[str, float]]:
    """Each event as a worker of its version sees it; ``between(i)`` is awaited before each."""
    await store.attach("T:0")
    found = []
    for i, (version, one) in enumerate(events):
        if between is not None:
            await between(i)
        catalogue: Catalogue = VERSIONS[version][one.kind.name]
        prepared = catalogue.prepare(one, REFERENCE)
        observation = Observation(Position("T:0", i, T0), one.time_ms, prepared.updates)
        (answer,) = await store.observe([observation], {"T:0": i})
        found.append(dict(zip(catalogue.names, catalogue.vector(one, prepared, answer), strict=True)))
    return found


_steps = st.integers(-60_000, 120_000)
_deeds = st.fixed_dictionaries(
    {
        "account": st.sampled_from(["ada", "bob"]),
        "ok": st.booleans(),
        "origin": st.sampled_from(["a", "b", ""]),
        "colour": st.sampled_from(["red-1", "red-2", "ada", "bob", ""]),
        "amount": st.integers(-20, 20),
        "latitude": st.sampled_from([None, 1.5, -80.25]),
        "longitude": st.sampled_from([1.5, 170.0]),
        "tags": st.sampled_from([None, [], ["a"], ["a", "b"]]),
    }
).map(lambda data: ("deed", data))
_visits = st.fixed_dictionaries(
    {"account": st.sampled_from(["ada", "bob"]), "ok": st.booleans(), "page": st.sampled_from(["a", "A", "B"])}
).map(lambda data: ("visit", data))
_runs = st.lists(st.tuples(st.integers(0, 1), _steps, st.one_of(_deeds, _deeds, _visits)), min_size=2, max_size=30)


def events_of(run: list[tuple[int, int, tuple[str, dict[str, Any]]]]) -> list[tuple[int, Event]]:
    now, events = T0, []
    for i, (version, step, (kind, data)) in enumerate(run):
        now += step
        events.append((version, rich_event(kind, str(i), now, **data)))
    return events


@pytest.fixture
def make_redis(redis_server: str) -> Callable[[], tuple[Store, Redis, str]]:
    def make() -> tuple[Store, Redis, str]:
        client, space = Redis.from_url(redis_server), f"t{uuid.uuid4().hex}"
        return RedisStore(client, namespace=space, shards=2), client, space

    return make


def test_the_two_versions_share_most_and_differ_in_every_sort_of_state() -> None:
    assert len(SHARED) > 20
    assert {i["aggregation"] for i in SHARED} >= {
        "count", "sum", "share", "burst", "decayed", "distinct", "novelty", "elapsed", "age", "distance", "speed",
        "login_risk",
    }  # fmt: skip
    for name in ("deed", "visit"):
        plans = [{p.prefix: p.layout for p in version[name].plans.values()} for version in VERSIONS]
        assert plans[0][f"{name}:account"] != plans[1][f"{name}:account"]


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(run=_runs)
def test_old_and_new_workers_at_random_agree_with_brute_force_and_with_the_other_store(
    make_redis: Callable[[], tuple[Store, Redis, str]], run: list[Any]
) -> None:
    events = events_of(run)

    async def inside() -> tuple[list[dict[str, float]], list[dict[str, float]]]:
        redis, _, _ = make_redis()
        try:
            return await vectors(MemoryStore(), events), await vectors(redis, events)
        finally:
            await redis.close()

    memory, redis = asyncio.run(inside())
    assert memory == redis
    oracle = Oracle(SHARED)
    for (version, one), found in zip(events, memory, strict=True):
        seen = Seen.of(one, VERSIONS[version][one.kind.name], REFERENCE)
        wanted = oracle.expected(seen)
        assert {name: found[name] for name in wanted} == wanted
        oracle.add(seen)


@pytest.mark.parametrize("seed", range(4))
def test_so_do_long_histories_over_which_versions_change_now_and_then(
    make_redis: Callable[[], tuple[Store, Redis, str]], seed: int
) -> None:
    draw = random.Random(seed)
    now, version, events = T0, 0, []
    for i in range(250):
        now += draw.choice([0, 1_000, 5_000, 25_000, 70_000, -4_000])
        version = draw.choice([version, version, version, 1 - version])
        data: dict[str, Any] = {"account": draw.choice(["ada", "bob"]), "ok": draw.random() < 0.4}
        if draw.random() < 0.3:
            events.append((version, rich_event("visit", str(i), now, **data, page=draw.choice("ab"), amount=3)))
            continue
        data |= {
            "origin": draw.choice("ab"),
            "colour": draw.choice(["red-1", "ada", "bob"]),
            "amount": draw.choice([5, 30]),
        }
        events.append(
            (version, rich_event("deed", str(i), now, **data, latitude=1.5, longitude=draw.choice([1, 90])))
        )

    async def inside() -> None:
        redis, _, _ = make_redis()
        try:
            assert await vectors(redis, events) == await vectors(MemoryStore(), events)
        finally:
            await redis.close()

    asyncio.run(inside())


def test_what_no_running_worker_feeds_is_dropped_after_the_horizon_of_its_entity(
    make_redis: Callable[[], tuple[Store, Redis, str]],
) -> None:
    """So that an actor who never rests does not carry the measures of every version that there ever was."""
    day_ms = 86_400_000
    versions = [(0, 0), (1, 20), (1, 40), (0, 41)]
    events = [(v, rich_event("deed", str(d), T0 + d * day_ms, account="ada", amount=30)) for v, d in versions]

    async def inside() -> list[dict[str, float]]:
        store, _, _ = make_redis()
        try:
            return await vectors(store, events)
        finally:
            await store.close()

    last = asyncio.run(inside())[-1]
    assert last["account.since_large_s"] == 30 * 86_400
    assert (last["account.age_s"], last["account.idle_s"]) == (41 * 86_400, 86_400)


def test_a_state_whose_layout_nobody_knows_any_more_starts_anew_but_for_its_times(
    make_redis: Callable[[], tuple[Store, Redis, str]],
) -> None:
    fields = {"account": "ada", "ok": True, "colour": "red-1", "latitude": 1.0, "longitude": 2.0}
    events = [(0, rich_event("deed", str(i), T0 + i * 1000, **fields)) for i in range(3)]
    events += [
        (1, rich_event("visit", "v", T0 + 3000, account="ada")),
        (1, rich_event("deed", "d", T0 + 3000, **fields)),
    ]
    events += [(0, rich_event("deed", "e", T0 + 4000, **fields))]

    async def inside() -> list[dict[str, float]]:
        store, client, space = make_redis()

        async def lose(i: int) -> None:
            if i == 3:
                assert await client.delete(f"{space}:{{0}}:layouts", f"{space}:{{1}}:layouts") > 0

        try:
            return await vectors(store, events, lose)
        finally:
            await store.close()

    found = asyncio.run(inside())
    assert found[2]["account.deeds_1h"] == 3
    # A reader of the other kind meets it first, and changes nothing.
    assert found[3]["account.deed_amount_24h"] == 0
    newer = found[4]
    assert (newer["account.deeds_1h"], newer["account.new_colour"], newer["account.distance_km"]) == (1, 1, 0)
    assert (newer["account.age_s"], newer["account.idle_s"]) == (3, 1)
    # The older worker finds what both know, and its own from now on.
    older = found[5]
    assert (older["account.deeds_1h"], older["account.new_colour"], older["account.failures_1h"]) == (2, 0, 0)
    assert (older["account.age_s"], older["account.deeds_30d"]) == (4, 1)
