"""Reserve: collects the state that an entity's measures need; equal definitions share one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from features.aggregations.state import EntityPlan, Register, Ring, ValueSet, definition_id
from features.errors import KindError
from features.kind import Entity, Kind
from features.window import Window

# As many windows as a store answers of one set.
_MOST_SPANS = 3
_WORD = re.compile(r"\w+")
# (field or input whose value counts, None: each event counts 1; condition)
RingInput = tuple[str | None, str | None]


class Reserve:
    """The rings, sets and registers of one entity of one kind, each with the inputs that it is fed from."""

    def __init__(self, kind: Kind, entity: Entity) -> None:
        self._kind = kind
        self._entity = entity
        self._rings: dict[str, Ring] = {}
        self._sets: dict[str, ValueSet] = {}
        self._registers: dict[str, Register] = {}
        self.weights: list[RingInput] = []
        self.set_inputs: list[tuple[str, str | None, bool]] = []
        self.register_inputs: list[tuple[tuple[str, ...], str | None]] = []

    def ring(self, of: str | None, where: str | None, window: Window, cells: bool = False) -> str:
        """The id of the ring that sums ``of`` (1 if None) over events that match ``where``."""
        name = self._id(of, where, window.bucket_s, window.buckets)
        present = self._rings.get(name)
        if present is None:
            if (of, where) not in self.weights:
                self.weights.append((of, where))
            weight = self.weights.index((of, where))
            self._rings[name] = Ring(name, window.bucket_s, window.buckets, weight, cells)
        elif cells:
            self._rings[name] = replace(present, cells=True)
        return name

    def value_set(
        self, of: str, where: str | None, bucket_s: int, cap: int, spans: tuple[tuple[int, int], ...], counted: bool
    ) -> str:
        """The id of a set. What is kept depends on bucket and cap alone: longer windows may come and go."""
        name = self._id(of, where, bucket_s, cap, *(["counted"] if counted else []))
        present = self._sets.get(name)
        if present is None:
            self.set_inputs.append((of, where, counted))
            self._sets[name] = ValueSet(name, bucket_s, spans, cap, counted)
        else:
            self._sets[name] = replace(present, spans=tuple(sorted({*present.spans, *spans})))
            if len(self._sets[name].spans) > _MOST_SPANS:
                raise KindError(
                    f"kind {self._kind.name}: features of entity {self._entity.name!r} count the values of {of!r} "
                    f"with one cap and shortest window in {len(self._sets[name].spans)} windows, "
                    f"{_MOST_SPANS} are allowed: take one out, or give one feature another cap"
                )
        return name

    def register(self, of: tuple[str, ...], where: str | None) -> str:
        """The id of the register that holds ``of`` of the last event that has them all and matches ``where``."""
        name = self._id("last", of, where)
        if name not in self._registers:
            self.register_inputs.append((of, where))
            self._registers[name] = Register(name, len(of))
        return name

    def plan(self) -> EntityPlan:
        return EntityPlan(
            f"{self._kind.name}:{self._entity.name}",
            self._entity.horizon_s,
            len(self.weights),
            tuple(sorted(self._rings.values(), key=lambda ring: (ring.bucket_s, ring.buckets))),
            tuple(self._sets.values()),
            tuple(self._registers.values()),
        )

    def _id(self, *definition: object) -> str:
        entity = self._entity
        by = entity.by.__qualname__ if entity.by is not None else None
        # A derived input that is made in another way is another input, whatever its name.
        named = set(_WORD.findall(str((entity.of, *definition))))
        inputs = [(i.name, i.of, i.by.__qualname__) for i in self._kind.inputs if i.name in named]
        return definition_id(self._kind.name, entity.name, entity.of, by, *definition, *inputs)


Reserves = Mapping[str, Reserve]
