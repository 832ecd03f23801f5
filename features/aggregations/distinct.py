"""distinct and novelty: how many different values, and whether this one was there before."""

from __future__ import annotations

from dataclasses import dataclass

from features.aggregations.base import Compiled, FeatureInfo, Reserve, Stateful, Value, field_input
from features.aggregations.state import Reading, ValueSet, definition_id
from features.errors import KindError
from features.kind import Entity, Kind
from features.window import Window, parse_windows

CAP = 64


@dataclass(frozen=True, slots=True)
class Distinct(Stateful):
    """Different values of field ``of`` in each window, this event's included; exact up to ``cap``, then ``cap``.

    One structure answers all windows: the ``cap`` greatest (bucket, hash) pairs, each value with the greatest
    bucket of the shortest window in which it was seen.
    """

    of: str = ""
    windows: tuple[str, ...] = ("1h", "24h")
    where: str | None = None
    cap: int = CAP

    def compile(self, kind: Kind, reserve: Reserve) -> Compiled:
        entity = self.entity_of(kind)
        windows = parse_windows(self.windows)
        position, spans = _reserve(self, kind, entity, reserve, windows, windows)
        infos = tuple(
            FeatureInfo(
                kind=kind.name,
                name=f"{self.name}_{window.name}",
                entity=entity.name,
                aggregation="distinct",
                window_s=window.length_s,
                bucket_s=window.bucket_s,
                buckets=window.buckets,
                cap=self.cap,
                condition=self.where,
                inputs=(self.of,),
                horizon_s=entity.horizon_s,
                most=self.cap,
                sentence=f"{self.sentence} in {window.name}",
            )
            for window in windows
        )
        return Compiled(infos, tuple(_count_at(position, span) for span in spans))


@dataclass(frozen=True, slots=True)
class Novelty(Stateful):
    """1 if this event's value of field ``of`` is not among the ``cap`` last seen for this entity, else 0.

    It shares the structure of a ``Distinct`` with the same ``of``, ``where``, ``cap`` and shortest window.
    """

    of: str = ""
    windows: tuple[str, ...] = ("1h", "24h")
    where: str | None = None
    cap: int = CAP

    def compile(self, kind: Kind, reserve: Reserve) -> Compiled:
        entity = self.entity_of(kind)
        windows = parse_windows(self.windows)
        position, _ = _reserve(self, kind, entity, reserve, windows, ())
        info = FeatureInfo(
            kind=kind.name,
            name=self.name,
            entity=entity.name,
            aggregation="novelty",
            bucket_s=windows[0].bucket_s,
            cap=self.cap,
            condition=self.where,
            inputs=(self.of,),
            horizon_s=entity.horizon_s,
            most=1,
            sentence=self.sentence,
        )
        return Compiled((info,), (_novel_at(position),))


def _reserve(
    measure: Distinct | Novelty,
    kind: Kind,
    entity: Entity,
    reserve: Reserve,
    windows: tuple[Window, ...],
    counted: tuple[Window, ...],
) -> tuple[int, tuple[int, ...]]:
    field_input(kind, measure.name, measure.of)
    if not 1 <= measure.cap <= 1024:
        raise KindError(f"kind {kind.name}: feature {measure.name!r}: cap is {measure.cap}, allowed are 1 to 1024")
    shortest = windows[0].bucket_s
    by = entity.by.__qualname__ if entity.by is not None else None
    # What is kept depends on the shortest bucket and the cap alone: longer windows may come and go.
    name = definition_id(kind.name, entity.name, entity.of, by, measure.of, measure.where, shortest, measure.cap)
    spans = tuple((window.bucket_s // shortest, window.buckets) for window in counted)
    return reserve.value_set(ValueSet(name, shortest, spans, measure.cap), measure.of, measure.where)


def _count_at(position: int, index: int) -> Value:
    def value(reading: Reading, _time_ms: int) -> float:
        return reading.counts[position][index]

    return value


def _novel_at(position: int) -> Value:
    def value(reading: Reading, _time_ms: int) -> float:
        return 0 if reading.known[position] else 1

    return value
