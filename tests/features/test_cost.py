"""What is computed is what Redis holds, byte for byte, and no state takes more than the bound."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import msgpack
import pytest
import redis
from redis.asyncio import Redis
from support.events import CATALOGUES

from features.aggregations.state import EntityPlan
from features.cost import (
    STEP_MS,
    T0_MS,
    costs,
    encode,
    fullest,
    inputs,
    key_bytes,
    lived,
    size_class,
    slots,
    value_bytes,
)
from features.entity import digest, slot_of
from features.prepared import Update, key_of
from features.store.contract import Observation, Position
from features.store.redis import RedisStore

PLANS = [
    pytest.param(source.plan, id=source.plan.prefix)
    for catalogue in CATALOGUES.values()
    for source in catalogue.sources
    if source.plan.whole is None
]
TAG = "weir:{0}:"


def stored(url: str, plan: EntityPlan, fed: list[tuple[int, list[int]]]) -> bytes:
    """What the server holds after these (time, inputs)."""
    name = digest("ada")
    key = key_of(plan.prefix, name)

    async def run() -> None:
        store = RedisStore(Redis.from_url(url), shards=1)
        observations = [
            Observation(Position("T:0", offset, time_ms), time_ms, [Update(plan, key, slot_of(name), values)])
            for offset, (time_ms, values) in enumerate(fed)
        ]
        await store.observe(observations, {"T:0": len(fed) - 1})
        await store.close()

    asyncio.run(run())
    with redis.Redis.from_url(url) as client:
        value = client.get(TAG.encode() + key)
    assert isinstance(value, bytes)
    return value


def in_order(state: bytes, plan: EntityPlan) -> list[Any]:
    """The order within a set says nothing."""
    flat: list[Any] = msgpack.unpackb(state)
    for at, values in enumerate(plan.sets, start=3 + sum(1 + ring.buckets for ring in plan.rings)):
        width = 3 if values.counted else 2
        held = flat[at]
        flat[at] = sorted(held[i : i + width] for i in range(0, len(held), width))
    return flat


@pytest.mark.parametrize("events", [1, 8, 100])
@pytest.mark.parametrize("plan", PLANS)
def test_a_computed_state_is_the_stored_one(redis_server: str, plan: EntityPlan, events: int) -> None:
    fed = [(T0_MS + n * STEP_MS, inputs(plan)[n]) for n in range(events)]
    value, computed = stored(redis_server, plan, fed), encode(lived(plan, events), plan)
    assert in_order(value, plan) == in_order(computed, plan)
    assert len(value) == len(computed)


@pytest.mark.parametrize("plan", PLANS)
def test_no_state_takes_more_than_the_bound(redis_server: str, plan: EntityPlan) -> None:
    """The largest numbers that events can bring: the year 9999, hashes of 48 bits, sums near 2^53."""
    last_ms, values = 253_402_300_799_999, sum(register.inputs for register in plan.registers)
    fed = [
        (
            last_ms - n * 50_000,
            [2**45] * plan.weights + [2**48 - 1 - n] * len(plan.sets) + [36 * 10**8] * values,
        )
        for n in reversed(range(200))
    ]
    most = encode(fullest(plan), plan)
    assert len(stored(redis_server, plan, fed)) <= len(most)
    assert [len(held) for held in in_order(most, plan) if isinstance(held, list)][: len(plan.sets)] == [
        values.cap for values in plan.sets
    ]


def test_jemalloc_hands_out_these_sizes() -> None:
    classes = [
        8,
        16,
        32,
        48,
        64,
        80,
        96,
        112,
        128,
        160,
        192,
        224,
        256,
        320,
        384,
        448,
        512,
        640,
        4096,
        5120,
        16384,
        20480,
    ]
    for smaller, larger in pairwise(classes):
        assert size_class(larger) == larger
        assert size_class(smaller + 1) <= larger
    assert size_class(1) == 8


def test_a_short_text_lies_in_one_piece_with_its_object() -> None:
    assert (value_bytes(44), value_bytes(45)) == (64, 16 + 64)
    assert (key_bytes(30), key_bytes(31), key_bytes(32)) == (32 + 32, 48 + 32, 48 + 32)


def test_tables_grow_by_powers_of_two() -> None:
    assert [slots(keys) for keys in (1, 4, 5, 1024, 1025, 1_000_000)] == [4, 4, 8, 1024, 2048, 2**20]


def test_costs_name_every_kept_entity_and_one_that_stands_for_all_once() -> None:
    rows = costs(CATALOGUES.values(), 1000, 8, TAG)
    assert len(rows) == len(PLANS)
    assert {row.entities for row in rows if row.entity == "everyone"} == {1}
    assert {row.entities for row in rows if row.entity != "everyone"} == {1000}
    assert all(row.once <= row.typical <= row.most for row in rows)
    keys = sum(row.entities for row in rows)
    assert rows[0].table == 2 * 8 * slots(keys) / keys
