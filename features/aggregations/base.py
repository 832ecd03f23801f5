"""What all aggregations share: their name, their condition, and the description that others recompute from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from features.aggregations.state import Reading, Ring, ValueSet
from features.errors import KindError
from features.kind import Entity, Kind

Value = Callable[[Reading, int], float]
Input = Callable[[Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureInfo:
    """Everything about one feature, complete enough to recompute it from the events."""

    kind: str
    name: str
    entity: str | None
    aggregation: str
    window_s: int | None = None
    bucket_s: int | None = None
    buckets: int | None = None
    cap: int | None = None
    condition: str | None = None
    inputs: tuple[str, ...] = ()
    horizon_s: int | None = None
    default: float = 0
    least: float = 0
    most: float | None = None
    unit: str = "1"
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Stateful:
    """Base of the aggregations. ``name`` reads ``<entity>.<measure>``; windows are appended to it."""

    name: str
    sentence: str

    def entity_of(self, kind: Kind) -> Entity:
        entity_name, dot, measure = self.name.partition(".")
        if not dot or not measure.replace("_", "").isalnum():
            raise KindError(f"kind {kind.name}: feature {self.name!r} must read '<entity>.<measure>'")
        for entity in kind.entities:
            if entity.name == entity_name:
                return entity
        names = ", ".join(entity.name for entity in kind.entities)
        raise KindError(
            f"kind {kind.name}: feature {self.name!r} is about {entity_name!r}, which is no entity; there are {names}"
        )


@dataclass(frozen=True, slots=True)
class Compiled:
    """One declared measure made ready: its features, the state it needs and how a reading becomes a number.

    ``values[i]`` maps (reading, event time in ms) to the number of ``infos[i]``; ring and set positions in it
    are those of the entity's plan, hence the two functions ``ring`` and ``value_set`` that reserve them.
    """

    infos: tuple[FeatureInfo, ...]
    values: tuple[Value, ...]


class Reserve:
    """Collects the rings and sets of one entity; equal definitions share one."""

    def __init__(self) -> None:
        self.rings: list[Ring] = []
        self.ring_inputs: list[tuple[str | None, str | None]] = []
        self.sets: list[ValueSet] = []
        self.set_inputs: list[tuple[str, str | None]] = []

    def ring(self, ring: Ring, of: str | None, where: str | None) -> int:
        """The position of the ring that sums field ``of`` (1 if None) over events that match ``where``."""
        if ring not in self.rings:
            self.rings.append(ring)
            self.ring_inputs.append((of, where))
        return self.rings.index(ring)

    def value_set(self, values: ValueSet, of: str, where: str | None) -> tuple[int, tuple[int, ...]]:
        """The position of the set, and of each of its asked spans there (sets of one id share their spans)."""
        for position, present in enumerate(self.sets):
            if present.id == values.id:
                spans = tuple(dict.fromkeys(present.spans + values.spans))
                self.sets[position] = replace(present, spans=spans)
                return position, tuple(spans.index(span) for span in values.spans)
        self.sets.append(values)
        self.set_inputs.append((of, where))
        return len(self.sets) - 1, tuple(range(len(values.spans)))


def field_input(kind: Kind, feature: str, of: str) -> None:
    """Refuse an input that is no field of the kind."""
    if of not in kind.fields.__struct_fields__:
        fields = ", ".join(kind.fields.__struct_fields__)
        raise KindError(f"kind {kind.name}: feature {feature!r} reads {of!r}, which is no field; fields: {fields}")
