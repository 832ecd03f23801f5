"""elapsed and age: how long since the entity was last seen, and since it was first seen."""

from __future__ import annotations

from dataclasses import dataclass

from features.aggregations.base import Compiled, FeatureInfo, Sources, Stateful
from features.aggregations.reserve import Reserves
from features.kind import Entity, Kind

_ELAPSED = "The value is max(0, t - T) in seconds, times counted in milliseconds; the default if T is none."
_ELAPSED_WHERE = (
    "L: the greatest event time of those earlier events of of_kind for this entity that match the condition; this "
    "event need not match it. The value is max(0, t - L) in seconds, times counted in milliseconds; the default if "
    "there was none, or if it is forgotten."
)
_AGE = (
    "F: the least event time of all earlier events of of_kind for this entity, whatever the condition. The value is "
    "max(0, t - F) in seconds, times counted in milliseconds; the default if there was none."
)


@dataclass(frozen=True, slots=True)
class Elapsed(Stateful):
    """max(0, t - T) in seconds, T the greatest time before this event; the horizon for a new entity.

    ``where``: only events that match are looked back to (and all of them look).
    """

    where: str | None = None

    def compile(self, kind: Kind, reserves: Reserves) -> Compiled:
        entity = self.entity_of(kind)
        horizon_s = entity.horizon_s
        register = None if self.where is None else reserves[entity.name].register((), self.where)

        def code(source: Sources) -> str:
            reading = source.reading[entity.name]
            if register is None:
                return f"elapsed_s({reading}, t, {horizon_s})"
            return f"elapsed_since_s({reading}, {source.at[entity.name].register[register]}, t, {horizon_s})"

        formula = _ELAPSED if self.where is None else _ELAPSED_WHERE
        return Compiled((_info(self, kind, entity, "elapsed", horizon_s, formula, self.where),), (code,))


@dataclass(frozen=True, slots=True)
class Age(Stateful):
    """t minus the least time seen, in seconds, never below 0; 0 for a new entity."""

    def compile(self, kind: Kind, reserves: Reserves) -> Compiled:
        entity = self.entity_of(kind)
        return Compiled(
            (_info(self, kind, entity, "age", 0, _AGE, None),),
            (lambda source: f"age_s({source.reading[entity.name]}, t)",),
        )


def _info(
    measure: Stateful, kind: Kind, entity: Entity, aggregation: str, default: float, formula: str, where: str | None
) -> FeatureInfo:
    return FeatureInfo(
        kind=kind.name,
        name=measure.name,
        entity=entity.name,
        aggregation=aggregation,
        of_kind=kind.name,
        condition=where,
        horizon_s=entity.horizon_s,
        default=default,
        unit="s",
        sentence=measure.sentence,
        formula=formula,
    )
