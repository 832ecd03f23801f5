"""One suite for every store: the memory store and the Redis store agree with brute force, mark by mark."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis
from support.events import CATALOGUES, REFERENCE, T0, event
from support.observing import observation, observe, vector
from support.oracle import Seen, expected

from features.aggregations.state import REPEATED
from features.catalogue import flags_of
from features.entity import digest
from features.store.connect import connect
from features.store.contract import Claim, ClaimState, Keep, Position, Store
from features.store.memory import MemoryStore
from features.store.redis import RedisStore

MakeStore = Callable[[], Store]


@pytest.fixture(params=["memory", "redis-1", "redis-4", "cluster"])
def make_store(request: pytest.FixtureRequest) -> MakeStore:
    """Makes a fresh, empty store on each call; it has to be used within one event loop."""
    if request.param == "memory":
        return MemoryStore
    if request.param == "cluster":
        nodes = request.getfixturevalue("redis_cluster")
        return lambda: RedisStore(connect(nodes), namespace=f"t{uuid.uuid4().hex}", shards=4)
    url = request.getfixturevalue("redis_server")
    shards = int(request.param[-1])
    return lambda: RedisStore(Redis.from_url(url), namespace=f"t{uuid.uuid4().hex}", shards=shards)


def run(make: MakeStore, body: Callable[[Store], Awaitable[None]]) -> None:
    async def inside() -> None:
        store = make()
        try:
            await body(store)
        finally:
            await store.close()

    asyncio.run(inside())


_ips = st.sampled_from(["192.0.2.1", "192.0.2.77", "198.51.100.4", "2001:db8::1", ""])
_times = st.one_of(
    st.integers(0, 3_600_000),
    st.integers(0, 9 * 86_400_000),
    st.integers(-40 * 86_400_000, 40 * 86_400_000),
    st.sampled_from([0, 50_000, 300_000, 600_000, 7_200_000]),
)
_logins = st.fixed_dictionaries(
    {
        "account": st.one_of(st.sampled_from(["ada", "bob"]), st.text(min_size=1, max_size=5)),
        "success": st.booleans(),
        "ip": _ips,
        "device": st.sampled_from(["d1", "d2", "端末", "", "x" * 512]),
        "country": st.sampled_from(["DE", "FR", ""]),
    }
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.lists(st.tuples(_times, _logins), min_size=1, max_size=40), batch=st.integers(1, 12))
def test_every_feature_equals_brute_force_in_any_order_of_events(
    make_store: MakeStore, data: list[tuple[int, dict[str, object]]], batch: int
) -> None:
    events = [event("login", str(i), T0 + offset, **fields) for i, (offset, fields) in enumerate(data)]

    async def body(store: Store) -> None:
        await store.attach("T:0")
        vectors = []
        for at in range(0, len(events), batch):
            vectors += await observe(store, events[at : at + batch], at)
        catalogue = CATALOGUES["login"]
        seen = [Seen.of(one, catalogue, REFERENCE) for one in events]
        for i, found in enumerate(vectors):
            wanted = expected(catalogue, seen[:i], seen[i])
            assert {name: found[name] for name in wanted} == wanted

    run(make_store, body)


def test_a_distinct_count_is_exact_up_to_its_cap_and_stays_there(make_store: MakeStore) -> None:
    events = [event("login", str(i), T0 + i, ip="192.0.2.1", account=f"a{i}") for i in range(100)]

    async def body(store: Store) -> None:
        await store.attach("T:0")
        counts = [found["ip.accounts_1h"] for found in await observe(store, events)]
        assert counts == [min(i + 1, 32) for i in range(100)]

    run(make_store, body)


def test_sums_add_a_field_only_where_the_condition_holds(make_store: MakeStore) -> None:
    events = [
        event("mail", str(i), T0 + i, direction=direction, recipient_count=10)
        for i, direction in enumerate(["outbound", "inbound", "outbound"])
    ]

    async def body(store: Store) -> None:
        await store.attach("T:0")
        vectors = await observe(store, events)
        assert [found["account.recipients_1h"] for found in vectors] == [10, 10, 20]
        assert [found["account.sent_1h"] for found in vectors] == [1, 1, 2]

    run(make_store, body)


def test_an_event_at_or_below_the_mark_is_read_and_not_counted_again(make_store: MakeStore) -> None:
    events = [event("login", str(i), T0 + i) for i in range(4)]

    async def body(store: Store) -> None:
        await store.attach("T:0")
        await observe(store, events[:3])
        answers = await store.observe([observation(one, i) for i, one in enumerate(events)], {"T:0": 3})
        assert [bool(flags_of(answer) & REPEATED) for answer in answers] == [True, True, True, False]
        found = [vector(one, answer)["account.logins_1h"] for one, answer in zip(events, answers, strict=True)]
        assert found == [3, 3, 3, 4]

    run(make_store, body)


def test_marks_belong_to_a_partition(make_store: MakeStore) -> None:
    one = event("login", "1")

    async def body(store: Store) -> None:
        assert await store.attach("T:0") == -1
        await store.attach("T:1")
        await store.observe([observation(one, 7)], {"T:0": 9})
        assert await store.attach("T:0") == 9
        assert await store.attach("T:1") == -1
        answer = await store.observe([observation(one, 0, "T:1")], {"T:1": 0})
        assert not flags_of(answer[0]) & REPEATED
        assert vector(one, answer[0])["account.logins_1h"] == 2

    run(make_store, body)


def test_a_micro_batch_without_any_event_moves_the_marks(make_store: MakeStore) -> None:
    async def body(store: Store) -> None:
        await store.attach("T:0")
        assert await store.observe([], {"T:0": 4}) == []
        assert await store.attach("T:0") == 4
        assert store.origin_ms("T:0") is None

    run(make_store, body)


def test_marks_of_untouched_shards_follow(make_store: MakeStore) -> None:
    async def body(store: Store) -> None:
        await store.attach("T:0")
        await store.observe([observation(event("login", "1"), 0)], {"T:0": 0})
        await store.follow({"T:0": 41})
        assert await store.attach("T:0") == 41

    run(make_store, body)


def test_refill_adds_only_what_a_store_lacks(make_store: MakeStore) -> None:
    events = [event("login", str(i), T0 + i, ip=f"192.0.2.{i}", account=f"a{i % 3}") for i in range(9)]

    async def body(store: Store) -> None:
        await store.attach("T:0")
        await observe(store, events[:5])
        await store.refill([observation(one, i) for i, one in enumerate(events)], {"T:0": 8})
        vectors = await observe(store, [event("login", "x", T0 + 20, account="a1")], 9)
        assert vectors[0]["account.logins_1h"] == 4

    run(make_store, body)


def test_history_begins_with_the_first_event_that_a_store_holds(make_store: MakeStore) -> None:
    async def body(store: Store) -> None:
        await store.attach("T:0")
        assert store.origin_ms("T:0") is None
        await observe(store, [event("login", "1", T0 + 5), event("login", "2", T0)])
        await observe(store, [event("login", "3", T0 - 9)], 2)
        assert store.origin_ms("T:0") == T0 + 5

    run(make_store, body)


def claim(decision: str, offset: int, append_ms: int = T0, partition: str = "T:0") -> Claim:
    return Claim(digest("ada"), decision, Position(partition, offset, append_ms))


def test_a_claim_by_other_coordinates_is_a_duplicate_for_its_life_in_append_time(
    make_store: MakeStore,
) -> None:
    async def body(store: Store) -> None:
        first = await store.claim([claim("dd", 1), claim("dd", 2), claim("ee", 3)])
        assert [c.state for c in first] == [ClaimState.NEW, ClaimState.DUPLICATE, ClaimState.NEW]
        again = await store.claim([claim("dd", 1), claim("dd", 1, partition="U:0"), claim("dd", 9, T0 + 3_600_000)])
        assert [c.state for c in again] == [ClaimState.OWN, ClaimState.DUPLICATE, ClaimState.DUPLICATE]
        later = await store.claim([claim("dd", 9, T0 + 3_600_001)])
        assert [c.state for c in later] == [ClaimState.NEW]

    run(make_store, body)


def test_the_first_kept_verdict_wins_and_a_redelivered_event_meets_it(make_store: MakeStore) -> None:
    async def body(store: Store) -> None:
        await store.claim([claim("dd", 1)])
        kept = await store.keep([Keep(digest("ada"), "dd", b"first"), Keep(digest("bob"), "ee", b"other")])
        assert kept == [b"first", b"other"]
        assert await store.keep([Keep(digest("ada"), "dd", b"second")]) == [b"first"]
        assert (await store.claim([claim("dd", 1)]))[0].kept == b"first"

    run(make_store, body)


def test_one_very_old_event_among_the_first_tells_of_no_history(make_store: MakeStore) -> None:
    async def body(store: Store) -> None:
        await store.attach("T:0")
        await observe(store, [event("login", "1", T0 - 50 * 365 * 86_400_000), event("login", "2", T0)])
        assert store.origin_ms("T:0") == T0

    run(make_store, body)
