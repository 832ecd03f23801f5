"""count and sum: how many events, or how much of something, in each rolling window."""

from __future__ import annotations

from dataclasses import dataclass

from features.aggregations.base import Compiled, FeatureInfo, Reserve, Stateful, Value, field_input
from features.aggregations.state import Reading, Ring, definition_id
from features.errors import KindError
from features.kind import Entity, Kind, whole_number_fields
from features.window import Window, parse_windows


@dataclass(frozen=True, slots=True)
class Count(Stateful):
    """Events of this entity in each window, this one included: ``where`` narrows which are counted."""

    windows: tuple[str, ...] = ("1h", "24h")
    where: str | None = None

    def compile(self, kind: Kind, reserve: Reserve) -> Compiled:
        return _windows(self, "count", kind, reserve, of=None)


@dataclass(frozen=True, slots=True)
class Sum(Stateful):
    """The sum of the whole-number field ``of`` over the events in each window, this one included."""

    of: str = ""
    windows: tuple[str, ...] = ("1h", "24h")
    where: str | None = None

    def compile(self, kind: Kind, reserve: Reserve) -> Compiled:
        field_input(kind, self.name, self.of)
        if self.of not in whole_number_fields(kind.fields):
            raise KindError(f"kind {kind.name}: feature {self.name!r} sums {self.of!r}, which is no whole number")
        return _windows(self, "sum", kind, reserve, of=self.of)


def _windows(measure: Count | Sum, aggregation: str, kind: Kind, reserve: Reserve, of: str | None) -> Compiled:
    entity = measure.entity_of(kind)
    infos: list[FeatureInfo] = []
    values: list[Value] = []
    for window in parse_windows(measure.windows):
        position = reserve.ring(_ring(kind, entity, of, measure.where, window), of, measure.where)
        infos.append(
            FeatureInfo(
                kind=kind.name,
                name=f"{measure.name}_{window.name}",
                entity=entity.name,
                aggregation=aggregation,
                window_s=window.length_s,
                bucket_s=window.bucket_s,
                buckets=window.buckets,
                condition=measure.where,
                inputs=(of,) if of else (),
                horizon_s=entity.horizon_s,
                sentence=f"{measure.sentence} in {window.name}",
            )
        )
        values.append(_sum_at(position))
    return Compiled(tuple(infos), tuple(values))


def _ring(kind: Kind, entity: Entity, of: str | None, where: str | None, window: Window) -> Ring:
    by = entity.by.__qualname__ if entity.by is not None else None
    name = definition_id(kind.name, entity.name, entity.of, by, of, where, window.bucket_s, window.buckets)
    return Ring(name, window.bucket_s, window.buckets)


def _sum_at(position: int) -> Value:
    def value(reading: Reading, _time_ms: int) -> float:
        return reading.sums[position]

    return value
