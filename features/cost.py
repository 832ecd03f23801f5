"""What features cost in memory: bytes of Redis for each entity, computed from what is kept for it."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import msgpack

from features.aggregations.state import EntityPlan
from features.catalogue import Catalogue
from features.entity import DIGEST_SIZE, everyone
from features.prepared import key_of
from features.store.request import WirePlans
from features.store.state import State, add

TYPICAL_EVENTS = 8
T0_MS = 1_795_237_200_000
STEP_MS = 3_600_000
# Stores hold whole numbers below 2^53 only; from 2^32 on each takes as much room as any other.
_MOST = 2**53 - 1
_POINTER = 8
_OBJECT = 16
# Up to here a string lies in one piece with its object.
_EMBEDDED = 44


@dataclass(frozen=True, slots=True)
class EntityCost:
    """Bytes for one entity of a kind, of which there are ``entities``.

    ``key``: its key and its entry in the table of keys; ``expiry``: its entry in the table of expiries; ``table``:
    its share of both tables' slots. ``once``, ``typical``, ``most``: its value after one event, after some events
    with different values, and with every set full and every number large, which no state exceeds.
    """

    kind: str
    entity: str
    entities: int
    key: int
    expiry: int
    table: float
    once: int
    typical: int
    most: int

    def whole(self, value: int) -> float:
        """Everything together, with a value of that size."""
        return self.key + self.expiry + self.table + value


def costs(catalogues: Iterable[Catalogue], entities: int, events: int, tag: str) -> list[EntityCost]:
    """What ``entities`` entities of each kind and name take; ``tag`` begins their keys, as in ``weir:{0}:``.

    All lie in one server without replicas. Where one entity stands for all events, there is one.
    """
    plans = [
        (catalogue.kind.name, source.entity, source.plan, catalogue.kind)
        for catalogue in catalogues
        for source in catalogue.sources
        if source.plan.whole is None
    ]
    shared = {(kind.name, e.name) for _, _, _, kind in plans for e in kind.entities if e.by is everyone}
    counts = [1 if (kind, entity) in shared else entities for kind, entity, _, _ in plans]
    return [
        entity_cost(kind, entity, plan, count, sum(counts), events, tag)
        for (kind, entity, plan, _), count in zip(plans, counts, strict=True)
    ]


def entity_cost(
    kind: str, entity: str, plan: EntityPlan, entities: int, keys: int, events: int, tag: str
) -> EntityCost:
    """One row; ``keys``: how many keys there are in all, which decides the tables' size."""
    return EntityCost(
        kind,
        entity,
        entities,
        key_bytes(len(tag) + len(key_of(plan.prefix, bytes(DIGEST_SIZE)))),
        ENTRY,
        2 * _POINTER * slots(keys) / keys,
        *(value_bytes(len(encode(state, plan))) for state in (lived(plan, 1), lived(plan, events), fullest(plan))),
    )


def lived(plan: EntityPlan, events: int) -> State:
    """The state of an entity after so many events, an hour apart, with different values; every condition matches."""
    state = State(T0_MS, T0_MS)
    fed = inputs(plan)
    for number in range(events):
        add(state, plan, fed[number % len(fed)], T0_MS + number * STEP_MS)
    return state


@cache
def inputs(plan: EntityPlan, count: int = 4096) -> list[list[int]]:
    """What so many events feed to a plan: each counts 1, and has a value of its own for each set and register."""
    chance = random.Random(plan.layout)
    ones, values = [1] * plan.weights, sum(register.inputs for register in plan.registers)
    return [
        ones + [chance.getrandbits(48) for _ in plan.sets] + [chance.randrange(18 * 10**8) for _ in range(values)]
        for _ in range(count)
    ]


def fullest(plan: EntityPlan) -> State:
    """A state that takes as much room as any can: every set at its cap, every number large."""
    heads = {ring.id: _MOST // (ring.bucket_s * 1000) for ring in plan.rings}
    return State(
        _MOST,
        _MOST,
        {
            ring.id: dict.fromkeys(range(heads[ring.id] - ring.buckets + 1, heads[ring.id] + 1), _MOST)
            for ring in plan.rings
        },
        {values.id: {_MOST - n: (_MOST, _MOST) for n in range(values.cap)} for values in plan.sets},
        {register.id: (_MOST,) * (1 + register.width) for register in plan.registers},
    )


def encode(state: State, plan: EntityPlan) -> bytes:
    """A state as ``observe.lua`` writes it."""
    counted = {values.id: values.counted for values in plan.sets}
    flat: list[object] = [plan.layout, state.newest_ms, state.oldest_ms]
    for name, size, bucket_ms in msgpack.unpackb(WirePlans(0).get(plan).wire[-1]):
        if bucket_ms:
            head, buckets = state.newest_ms // bucket_ms, size - 1
            cells = [0] * buckets
            for bucket, cell in state.rings.get(name, {}).items():
                if bucket > head - buckets:
                    cells[bucket % buckets] = cell
            flat += (sum(cells), *cells)
        elif name in counted:
            held = state.sets.get(name, {}).items()
            flat.append(
                [n for hash_, (b, count) in held for n in ((b, hash_, count) if counted[name] else (b, hash_))]
            )
        else:
            flat.append(list(state.registers.get(name, ())))
    packed = msgpack.packb(flat)
    assert isinstance(packed, bytes)
    return packed


def key_bytes(length: int) -> int:
    """A key of so many bytes and its entry."""
    return _string(length) + ENTRY


def value_bytes(length: int) -> int:
    """A string of so many bytes as a value (Redis 7.0, object.c): an object and the text, or both in one piece."""
    if length <= _EMBEDDED:
        return size_class(_OBJECT + 3 + length + 1)
    return size_class(_OBJECT) + _string(length)


def _string(length: int) -> int:
    """A text with its header and closing zero (Redis 7.0, sds.h)."""
    header = 1 if length < 2**5 else 3 if length < 2**8 else 5 if length < 2**16 else 9
    return size_class(header + length + 1)


def slots(keys: int) -> int:
    """Slots of a hash table that has grown to so many keys: the next power of two."""
    return max(4, 1 << (keys - 1).bit_length())


def size_class(size: int) -> int:
    """What jemalloc hands out for so many bytes: steps of 16, beyond 128 four steps for each doubling."""
    if size <= 8:
        return 8
    step = 16 if size <= 128 else 1 << ((size - 1).bit_length() - 3)
    return -(-size // step) * step


# An entry of a hash table: the key, the value, the next entry. A key has one, and its expiry another.
ENTRY = size_class(3 * _POINTER)
