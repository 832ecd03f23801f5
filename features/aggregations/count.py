"""count and sum: how many events, or how much of something, in each rolling window."""

from __future__ import annotations

from dataclasses import dataclass, replace

from features.aggregations.base import Code, Compiled, FeatureInfo, Stateful, known_input
from features.aggregations.reserve import Reserves
from features.errors import KindError
from features.fields import number_ranges, whole_number_fields
from features.kind import Entity, Kind
from features.window import Window, parse_windows

ADDED = (
    "H = floor(max(T, t) / bucket_s), floor(t / bucket_s) if T is none. Each event {what} to bucket "
    "floor(t / bucket_s) when it comes, unless that is <= H - buckets. "
)
_MOST_SUMMED = 2**40
_SUM_OF_BUCKETS = ADDED + "The value is the sum over buckets (H - buckets, H], this event included."


@dataclass(frozen=True, slots=True)
class Count(Stateful):
    """Events of this entity in each window, this one included: ``where`` narrows which are counted."""

    windows: tuple[str, ...] = ("1h", "24h")
    where: str | None = None

    def compile(self, kind: Kind, reserves: Reserves) -> Compiled:
        formula = _SUM_OF_BUCKETS.format(what="that matches the condition adds 1")
        return _windows(self, "count", kind, reserves, None, formula)


@dataclass(frozen=True, slots=True)
class Sum(Stateful):
    """The sum of the whole-number field ``of`` over the events in each window, this one included.

    Exact while the amounts in a window, signs aside, add up to less than 2^53; each is at most 2^40.
    """

    of: str = ""
    windows: tuple[str, ...] = ("1h", "24h")
    where: str | None = None
    unit: str = "1"

    def compile(self, kind: Kind, reserves: Reserves) -> Compiled:
        known_input(kind, self.name, self.of)
        if self.of not in whole_number_fields(kind.fields):
            raise KindError(
                f"kind {kind.name}: feature {self.name!r} sums {self.of!r}, which is no whole-number field",
                about=self.name,
            )
        if any(bound is None or abs(bound) > _MOST_SUMMED for bound in number_ranges(kind.fields)[self.of]):
            raise KindError(
                f"kind {kind.name}: feature {self.name!r} sums {self.of!r}, whose declared range does not lie within "
                f"2^40 of 0, so that sums could not be exact: declare it with number(least=…, most=…)",
                about=self.name,
            )
        formula = _SUM_OF_BUCKETS.format(what="that matches the condition adds its input (absent: 0)")
        return _windows(self, "sum", kind, reserves, self.of, formula)


def window_info(
    measure: Stateful, aggregation: str, kind: Kind, entity: Entity, window: Window, formula: str
) -> FeatureInfo:
    """The description of one window of a measure that is made of buckets."""
    return FeatureInfo(
        kind=kind.name,
        name=f"{measure.name}_{window.name}",
        entity=entity.name,
        aggregation=aggregation,
        of_kind=kind.name,
        window_s=window.length_s,
        bucket_s=window.bucket_s,
        buckets=window.buckets,
        horizon_s=entity.horizon_s,
        sentence=f"{measure.sentence} in {window.name}",
        formula=formula,
    )


def sum_code(entity: Entity, ring: str) -> Code:
    return lambda source: f"{source.reading[entity.name]}[{source.at[entity.name].sum[ring]}]"


def _windows(
    measure: Count | Sum, aggregation: str, kind: Kind, reserves: Reserves, of: str | None, formula: str
) -> Compiled:
    entity = measure.entity_of(kind)
    infos: list[FeatureInfo] = []
    codes: list[Code] = []
    for window in parse_windows(measure.windows, kind.name, measure.name):
        ring = reserves[entity.name].ring(of, measure.where, window)
        info = window_info(measure, aggregation, kind, entity, window, formula)
        infos.append(_with(info, measure, of))
        codes.append(sum_code(entity, ring))
    return Compiled(tuple(infos), tuple(codes))


def _with(info: FeatureInfo, measure: Count | Sum, of: str | None) -> FeatureInfo:
    return replace(
        info,
        condition=measure.where,
        inputs=(of,) if of else (),
        least=0 if of is None else None,
        unit=measure.unit if isinstance(measure, Sum) else "1",
    )
