"""What a store keeps for an entity, and what it answers: integers only, so that all stores agree exactly."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

# The first three numbers of a reading: flags, and the greatest and least event time before this event (ms).
FLAGS, NEWEST, OLDEST = 0, 1, 2
HEAD = 3
# REPEATED: the store held the event already. LATE: a ring had no bucket left for it. NEW: nothing was known.
# REBUILDING: what the store holds is being read again from the log, or was until a moment ago.
REPEATED, LATE, NEW, REBUILDING = 1, 2, 4, 8

# What a store knew about an entity when an event was added, flat; ``Positions`` says what stands where.
Reading = Sequence[int]


@dataclass(frozen=True, slots=True)
class Ring:
    """Sums in ``buckets`` buckets of ``bucket_s`` seconds. ``id`` stands for the measure's whole definition.

    ``weight``: which of an update's inputs is added. ``cells``: a reading tells each bucket too, newest first.
    """

    id: str
    bucket_s: int
    buckets: int
    weight: int
    cells: bool = False


@dataclass(frozen=True, slots=True)
class ValueSet:
    """The ``cap`` greatest (bucket, hash) pairs, buckets being those of the shortest window.

    ``spans`` has for each window (its bucket as a multiple of the shortest one's, its number of buckets).
    ``counted``: each value is kept with the number of its events since it came in.
    """

    id: str
    bucket_s: int
    spans: tuple[tuple[int, int], ...]
    cap: int
    counted: bool = False


@dataclass(frozen=True, slots=True)
class Register:
    """The time and ``width`` values of the event with the greatest time that had them, of equal ones the later."""

    id: str
    width: int

    @property
    def inputs(self) -> int:
        """At least one: what is negative there says that the event has no value."""
        return max(1, self.width)


@dataclass(frozen=True, slots=True)
class EntityPlan:
    """All that a store keeps for one entity of one kind. ``prefix`` is part of the entity's keys.

    ``rings`` stand in the order of their (bucket, number of buckets). An update's inputs are ``weights`` numbers
    for the rings, then a hash for each set and the values for each register (-1: none). A counted set is also
    given -2 - hash: a value to be looked up and not put in.
    ``whole``: this plan only reads, and only a part of what that plan keeps.
    """

    prefix: str
    horizon_s: int
    weights: int
    rings: tuple[Ring, ...]
    sets: tuple[ValueSet, ...]
    registers: tuple[Register, ...] = ()
    whole: EntityPlan | None = None
    layout: str = field(init=False)
    name: str = field(init=False)

    def __post_init__(self) -> None:
        """``layout``: a short name for what is kept and in which order. ``name``: one for all of this plan."""
        kept = [r.id for r in self.rings], [s.id for s in self.sets], [r.id for r in self.registers]
        object.__setattr__(self, "layout", definition_id(self.prefix, *kept))
        whole = None if self.whole is None else self.whole.layout
        asked = self.weights, self.rings, self.sets, self.registers, whole
        object.__setattr__(self, "name", definition_id(self.prefix, self.horizon_s, *asked))


class Positions:
    """Where in a reading of ``plan`` each number stands.

    ``sum`` and ``cells`` by ring id; ``count`` by (set id, span); ``known`` by set id: 1 if the value was there or
    there is none; of a counted set (its count, sum of all counts) from before the event; ``register`` by id:
    1 if there is one, its time in ms, its values.
    """

    def __init__(self, plan: EntityPlan) -> None:
        self.sum: dict[str, int] = {}
        self.cells: dict[str, int] = {}
        self.count: dict[tuple[str, tuple[int, int]], int] = {}
        self.known: dict[str, int] = {}
        self.register: dict[str, int] = {}
        at = HEAD
        for ring in plan.rings:
            self.sum[ring.id] = at
            at += 1
            if ring.cells:
                self.cells[ring.id] = at
                at += ring.buckets
        for values in plan.sets:
            for span in values.spans:
                self.count[values.id, span] = at
                at += 1
            self.known[values.id] = at
            at += 2 if values.counted else 1
        for register in plan.registers:
            self.register[register.id] = at
            at += 2 + register.width
        self.width = at


def absent(plan: EntityPlan) -> Reading:
    """The reading of an entity that the event does not have."""
    positions = Positions(plan)
    reading = [NEW] + [0] * (positions.width - 1)
    for values in plan.sets:
        if not values.counted:
            reading[positions.known[values.id]] = 1
    return tuple(reading)


def definition_id(*definition: Any) -> str:
    """A short name for a definition: state is kept under it, so a changed definition starts anew."""
    digest = hashlib.blake2b(msgspec.json.encode(definition), digest_size=6).digest()
    return base64.urlsafe_b64encode(digest).decode()
