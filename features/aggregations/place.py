"""distance and speed: how far this event is from the last located one, and how fast somebody would have travelled."""

from __future__ import annotations

from dataclasses import dataclass

from features.aggregations.base import Compiled, FeatureInfo, Sources, Stateful, known_input
from features.aggregations.formulas import EARTH_RADIUS_KM, LEAST_TRAVEL_S
from features.aggregations.reserve import Reserves
from features.errors import KindError
from features.fields import number_ranges
from features.kind import Kind

_DISTANCE = (
    "The last located event is, of the earlier events that have both inputs and match the condition, the "
    "one with the greatest time, of equal ones the later in the log. Both places are rounded to 7 decimals of a "
    "degree (halves to even), then made radians, and dlat and dlon are their differences. The value is the "
    "great-circle distance, 2 * R * asin(sqrt(min(1, sin(dlat / 2) ** 2 + cos(lat1) * cos(lat2) * sin(dlon / 2) ** "
    "2))) with R = earth_radius_km; 0 if this event or no earlier one is located. This event is compared also where "
    "it does not match the condition."
)
_SPEED = _DISTANCE + (
    " The value is that distance over max(least_travel_s, |t - its time|), in km/h; 0 where the distance is 0."
)


@dataclass(frozen=True, slots=True)
class Distance(Stateful):
    """Kilometres from the last located event of this entity; ``of``: latitude and longitude in degrees."""

    of: tuple[str, str] = ("latitude", "longitude")
    where: str | None = None

    def compile(self, kind: Kind, reserves: Reserves) -> Compiled:
        return _compile(self, "distance", "{distance}", "km", _DISTANCE, kind, reserves)


@dataclass(frozen=True, slots=True)
class Speed(Stateful):
    """Kilometres an hour from the last located event of this entity to this one: impossible travel."""

    of: tuple[str, str] = ("latitude", "longitude")
    where: str | None = None

    def compile(self, kind: Kind, reserves: Reserves) -> Compiled:
        return _compile(
            self, "speed", "speed_kmh({distance}, {reading}[{at} + 1], t)", "km/h", _SPEED, kind, reserves
        )


def _compile(
    measure: Distance | Speed, aggregation: str, call: str, unit: str, formula: str, kind: Kind, reserves: Reserves
) -> Compiled:
    entity = measure.entity_of(kind)
    ranges = number_ranges(kind.fields)
    for name, most in zip(measure.of, (90, 180), strict=True):
        known_input(kind, measure.name, name)
        least_there, most_there = ranges.get(name, (None, None))
        if least_there is None or most_there is None or least_there < -most or most_there > most:
            raise KindError(
                f"kind {kind.name}: feature {measure.name!r} takes {name!r} for degrees, which is no field whose "
                f"range is declared to lie within {-most} and {most}: declare number(least={-most}, most={most})",
                about=measure.name,
            )
    register = reserves[entity.name].register(measure.of, measure.where)

    def code(source: Sources) -> str:
        places = ", ".join(source.value(name) for name in measure.of)
        reading, at = source.reading[entity.name], source.at[entity.name].register[register]
        distance = source.once(f"distance_km({reading}, {at}, {places})")
        return call.format(reading=reading, at=at, distance=distance)

    info = FeatureInfo(
        kind=kind.name,
        name=measure.name,
        entity=entity.name,
        aggregation=aggregation,
        of_kind=kind.name,
        condition=measure.where,
        inputs=measure.of,
        parameters={"earth_radius_km": EARTH_RADIUS_KM, "least_travel_s": LEAST_TRAVEL_S},
        horizon_s=entity.horizon_s,
        unit=unit,
        sentence=measure.sentence,
        formula=formula,
    )
    return Compiled((info,), (code,))
