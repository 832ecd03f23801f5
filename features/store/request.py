"""One shard's part of a micro-batch, as ``observe.lua`` reads it: flat numbers, each plan and key named once."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgpack

from features.aggregations.state import EntityPlan, Positions, Register, ValueSet
from features.store.contract import Observation, Observed

# A state begins with its layout's name and the greatest and least time; Lua counts from 1.
_FIRST_PLACE = 4
# Others who have to rebuild their part begin within seconds, and renew it.
_REBUILDING_MS = 30_000


@dataclass(frozen=True, slots=True, eq=False)
class WirePlan:
    """A plan ready to be sent; ``width`` is that of its readings."""

    width: int
    wire: list[Any]


class WirePlans:
    """The plans that a store has met. ``max_lag_ms`` is added to an entity's horizon to make its key's life."""

    def __init__(self, max_lag_ms: int) -> None:
        self._max_lag_ms = max_lag_ms
        self._known: dict[str, WirePlan] = {}

    def get(self, plan: EntityPlan) -> WirePlan:
        known = self._known.get(plan.name)
        if known is None:
            known = self._known[plan.name] = _wire(plan, self._max_lag_ms)
        return known


class Request:
    """Keys and updates of one call, and the readings of its answer, one after another."""

    __slots__ = ("key_index", "keys", "plan_index", "plans", "read", "readings", "tag", "updates")

    def __init__(self, tag: bytes) -> None:
        self.tag = tag
        self.keys: list[bytes] = [tag + b"marks", tag + b"layouts", tag + b"rebuilding"]
        self.key_index: dict[bytes, int] = {}
        self.plans: list[Any] = []
        # A plan's number in this call and the width of its readings.
        self.plan_index: dict[str, tuple[int, int]] = {}
        self.updates: list[int] = []
        self.read = 0
        self.readings: list[int] = []

    def plan(self, plan: EntityPlan, plans: WirePlans) -> tuple[int, int]:
        """Send this plan too."""
        known = plans.get(plan)
        self.plans.append(known.wire)
        found = self.plan_index[plan.name] = len(self.plans), known.width
        return found

    def encode(self, partitions: Sequence[Any], events: Sequence[int], rebuilt: bool = False) -> bytes:
        """``partitions``: for each its name, the mark seen, the mark to set, its origin (ms) or False.

        ``events``: of each its time in ms, its partition counted from 1, and its offset, one after another.
        ``rebuilt``: the shard is being filled from nothing, which its readings shall say for a while.
        """
        request = [self.plans, partitions, events, _REBUILDING_MS if rebuilt else False, self.updates]
        blob = msgpack.packb(request, use_bin_type=False)
        assert isinstance(blob, bytes)
        return blob


class Batch:
    """The requests of one micro-batch by shard, and where in their answers each observation's readings are.

    ``tags`` begin the keys of each shard. ``shards`` are asked in any case; of others only those that are touched,
    and none that is not in ``only``, if given.
    """

    def __init__(
        self,
        observations: Sequence[Observation],
        partitions: Mapping[str, int],
        tags: Sequence[bytes],
        plans: WirePlans,
        shards: Iterable[int],
        only: Container[int] | None,
    ) -> None:
        self.requests = requests = {shard: Request(tags[shard]) for shard in sorted(shards)}
        self.events: list[int] = []
        self._places: list[list[tuple[Request, int, int] | None]] = []
        count = len(tags)
        # This loop is most of what a client spends on an event: what it calls, it calls for every entity.
        for number, observation in enumerate(observations):
            position = observation.position
            self.events += (observation.time_ms, partitions[position.partition], position.offset)
            places: list[tuple[Request, int, int] | None] = []
            for update in observation.updates:
                if update is None:
                    places.append(None)
                    continue
                shard = update.slot % count
                request = requests.get(shard)
                if request is None:
                    if only is not None and shard not in only:
                        places.append(None)
                        continue
                    request = requests[shard] = Request(tags[shard])
                key = update.key
                key_number = request.key_index.get(key)
                if key_number is None:
                    keys = request.keys
                    keys.append(request.tag + key)
                    key_number = request.key_index[key] = len(keys)
                plan = update.plan
                known = request.plan_index.get(plan.name) or request.plan(plan, plans)
                request.updates += (key_number, known[0], number, *update.inputs)
                begin = request.read
                request.read = end = begin + known[1]
                places.append((request, begin, end))
            self._places.append(places)

    def readings(self) -> list[Observed]:
        """One list of readings an observation, once all requests are answered."""
        return [
            [None if place is None else place[0].readings[place[1] : place[2]] for place in places]
            for places in self._places
        ]


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
