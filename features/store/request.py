"""One shard's part of a micro-batch, as ``observe.lua`` reads it: flat numbers, each plan and key named once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgpack

from features.aggregations.state import EntityPlan, Positions, Register, ValueSet

# A state begins with its layout's name and the greatest and least time; Lua counts from 1.
_FIRST_PLACE = 4


@dataclass(frozen=True, slots=True, eq=False)
class WirePlan:
    """A plan ready to be sent: ``key`` follows the shard's tag, ``width`` is that of its readings."""

    key: bytes
    width: int
    wire: list[Any]


class WirePlans:
    """The plans that a store has met. ``max_lag_ms`` is added to an entity's horizon to make its key's life."""

    def __init__(self, max_lag_ms: int) -> None:
        self._max_lag_ms = max_lag_ms
        self._known: dict[int, tuple[EntityPlan, WirePlan]] = {}

    def get(self, plan: EntityPlan) -> WirePlan:
        # By identity: a plan is long, and is asked for with every update.
        known = self._known.get(id(plan))
        if known is None:
            known = self._known[id(plan)] = plan, _wire(plan, self._max_lag_ms)
        return known[1]

    def reading(self, plan: EntityPlan) -> WirePlan:
        """All of a plan, but to be read only."""
        return _wire(replace(plan, whole=plan), self._max_lag_ms)


class Request:
    """Keys and updates of one call."""

    def __init__(self, tag: bytes) -> None:
        self._tag = tag
        self.keys: list[bytes] = [tag + b"marks", tag + b"layouts"]
        self._plans: list[Any] = []
        self._events: list[int] = []
        self._updates: list[int] = []
        self._last_event: tuple[int, int, int] | None = None
        self._event_count = -1
        self._read = 0
        self._key_index: dict[bytes, int] = {}
        self._plan_index: dict[WirePlan, int] = {}

    def add(self, plan: WirePlan, digest: bytes, event: tuple[int, int, int], inputs: Sequence[int]) -> slice:
        """Ask for one update of ``event`` (time in ms, partition, offset); where in the answer its reading is."""
        if event is not self._last_event:
            self._last_event = event
            self._event_count += 1
            self._events += event
        plan_index = self._plan_index.get(plan)
        if plan_index is None:
            self._plans.append(plan.wire)
            plan_index = self._plan_index[plan] = len(self._plans)
        name = plan.key + digest
        key_index = self._key_index.get(name)
        if key_index is None:
            self.keys.append(self._tag + name)
            key_index = self._key_index[name] = len(self.keys)
        self._updates += (key_index, plan_index, self._event_count, *inputs)
        begin = self._read
        self._read = begin + plan.width
        return slice(begin, self._read)

    def encode(self, partitions: Sequence[Any]) -> bytes:
        """``partitions``: for each its name, the mark seen, the mark to set, its origin (ms) or False."""
        blob = msgpack.packb([self._plans, partitions, self._events, self._updates], use_bin_type=False)
        assert isinstance(blob, bytes)
        return blob


def _wire(plan: EntityPlan, max_lag_ms: int) -> WirePlan:
    whole = plan.whole or plan
    places: dict[str, int] = {}
    description: list[tuple[str, int, int]] = []
    at = _FIRST_PLACE
    for ring in whole.rings:
        places[ring.id] = at
        at += 1 + ring.buckets
        description.append((ring.id, 1 + ring.buckets, ring.bucket_s * 1000))
    first_table = at
    tables: list[ValueSet | Register] = [*whole.sets, *whole.registers]
    for table in tables:
        places[table.id] = at
        at += 1
        description.append((table.id, 1, 0))
    groups: dict[tuple[int, int], list[int]] = {}
    for ring in plan.rings:
        group = groups.setdefault((ring.bucket_s, ring.buckets), [ring.bucket_s * 1000, ring.buckets])
        group += (places[ring.id], ring.weight + 1, int(ring.cells))
    sets = [
        [places[v.id], v.bucket_s * 1000, v.cap, 2 + v.counted, len(v.spans), plan.weights + index]
        + [number for span in v.spans for number in span]
        for index, v in enumerate(plan.sets, start=1)
    ]
    registers = []
    fed = plan.weights + len(plan.sets)
    for register in plan.registers:
        registers.append([places[register.id], register.width, fed + 1])
        fed += register.inputs
    life = False if plan.whole is not None else str(plan.horizon_s * 1000 + max_lag_ms)
    wire = [
        whole.layout,
        plan.horizon_s * 1000,
        life,
        0 if plan.whole is not None else fed,
        list(groups.values()),
        sets,
        registers,
        first_table,
        at - 1,
        msgpack.packb(description, use_bin_type=False),
    ]
    return WirePlan(plan.prefix.encode() + b":", Positions(plan).width, wire)
