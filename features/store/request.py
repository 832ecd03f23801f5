"""One shard's part of a micro-batch, as ``observe.lua`` reads it: flat numbers, each plan and key named once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgpack

from features.aggregations.state import EntityPlan, Positions, Register, ValueSet
from features.prepared import Update

# A state begins with its layout's name and the greatest and least time; Lua counts from 1.
_FIRST_PLACE = 4


@dataclass(frozen=True, slots=True, eq=False)
class WirePlan:
    """A plan ready to be sent; ``width`` is that of its readings."""

    width: int
    wire: list[Any]


class WirePlans:
    """The plans that a store has met. ``max_lag_ms`` is added to an entity's horizon to make its key's life."""

    def __init__(self, max_lag_ms: int) -> None:
        self._max_lag_ms = max_lag_ms
        self._known: dict[int, tuple[EntityPlan, WirePlan]] = {}

    def get(self, plan: EntityPlan) -> WirePlan:
        known = self._known.get(id(plan))
        if known is None:
            known = self._known[id(plan)] = plan, _wire(plan, self._max_lag_ms)
        return known[1]


class Request:
    """Keys and updates of one call, and its answer when there is one."""

    __slots__ = ("answer", "events", "key_index", "keys", "last_event", "plan_index", "plans", "read", "tag", "updates")

    def __init__(self, tag: bytes) -> None:
        self.tag = tag
        self.keys: list[bytes] = [tag + b"marks", tag + b"layouts"]
        self.key_index: dict[bytes, int] = {}
        self.plans: list[Any] = []
        # By identity: a plan is long, and is asked for with every update. Its number here and a reading's width.
        self.plan_index: dict[int, tuple[int, int]] = {}
        self.events: list[int] = []
        self.last_event: Any = None
        self.updates: list[int] = []
        self.read = 0
        self.answer: list[int] = []

    def add(self, update: Update, plans: WirePlans, event: tuple[int, int, int]) -> tuple[Request, int, int]:
        """Ask for one update of ``event`` (time in ms, partition, offset); where in the answer its reading is."""
        if event is not self.last_event:
            self.last_event = event
            self.events += event
        key = update.key
        key_index = self.key_index.get(key)
        if key_index is None:
            self.keys.append(self.tag + key)
            key_index = self.key_index[key] = len(self.keys)
        plan = update.plan
        known = self.plan_index.get(id(plan))
        if known is None:
            found = plans.get(plan)
            self.plans.append(found.wire)
            known = self.plan_index[id(plan)] = len(self.plans), found.width
        updates = self.updates
        updates += (key_index, known[0], len(self.events))
        updates += update.inputs
        begin = self.read
        end = self.read = begin + known[1]
        return self, begin, end

    def encode(self, partitions: Sequence[Any]) -> bytes:
        """``partitions``: for each its name, the mark seen, the mark to set, its origin (ms) or False."""
        blob = msgpack.packb([self.plans, partitions, self.events, self.updates], use_bin_type=False)
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
    return WirePlan(Positions(plan).width, wire)
