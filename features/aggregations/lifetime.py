"""elapsed and age: how long since the entity was last seen, and since it was first seen."""

from __future__ import annotations

from dataclasses import dataclass

from features.aggregations.base import Compiled, FeatureInfo, Reserve, Stateful
from features.aggregations.state import Reading
from features.kind import Kind


@dataclass(frozen=True, slots=True)
class Elapsed(Stateful):
    """max(0, t - T) in seconds, T the greatest time before this event; the horizon for a new entity."""

    def compile(self, kind: Kind, reserve: Reserve) -> Compiled:
        horizon_s = self.entity_of(kind).horizon_s

        def value(reading: Reading, time_ms: int) -> float:
            return horizon_s if reading.newest_ms is None else max(0, time_ms - reading.newest_ms) / 1000

        return Compiled((_info(self, kind, "elapsed", default=horizon_s),), (value,))


@dataclass(frozen=True, slots=True)
class Age(Stateful):
    """t minus the least time seen, in seconds, never below 0; 0 for a new entity."""

    def compile(self, kind: Kind, reserve: Reserve) -> Compiled:
        def value(reading: Reading, time_ms: int) -> float:
            return 0 if reading.oldest_ms is None else max(0, time_ms - reading.oldest_ms) / 1000

        return Compiled((_info(self, kind, "age", default=0),), (value,))


def _info(measure: Elapsed | Age, kind: Kind, aggregation: str, default: float) -> FeatureInfo:
    entity = measure.entity_of(kind)
    return FeatureInfo(
        kind=kind.name,
        name=measure.name,
        entity=entity.name,
        aggregation=aggregation,
        horizon_s=entity.horizon_s,
        default=default,
        unit="s",
        sentence=measure.sentence,
    )
