"""share, burst and decayed rate: what becomes of counts when they are put in relation to one another."""

from __future__ import annotations

from dataclasses import dataclass, replace

from features.aggregations.base import Code, Compiled, FeatureInfo, Sources, Stateful
from features.aggregations.count import ADDED, window_info
from features.aggregations.reserve import Reserves
from features.errors import KindError
from features.kind import Entity, Kind
from features.window import Window, parse_windows, seconds

_SHARE = ADDED.format(what="adds 1 (to the part: only one that matches the condition)") + (
    "The value is part / whole, both summed over buckets (H - buckets, H], this event included; 0 of 0 is 0."
)
_BURST = ADDED.format(
    what="that matches the condition adds 1, in both windows, each with its own bucket_s and H,"
) + (
    "The value is (short / short_window_s) / (long / long_window_s), where short and long are the sums over buckets "
    "(H - buckets, H] of either window, this event included; 0 if long is 0. It is at most "
    "long_window_s / short_window_s, but for rounding."
)
_DECAYED = ADDED.format(what="that matches the condition adds 1") + (
    "With c(i) the sum in bucket i, this event included, the value is the sum over i = H, H - 1, …, H - buckets + 1 "
    "of c(i) * 2 ** (-(H - i) * bucket_s / half_life_s)."
)


@dataclass(frozen=True, slots=True)
class Share(Stateful):
    """Events that match ``where`` over all events of this entity, in each window, 0 to 1."""

    where: str = ""
    windows: tuple[str, ...] = ("1h", "24h")

    def compile(self, kind: Kind, reserves: Reserves) -> Compiled:
        entity = self.entity_of(kind)
        infos: list[FeatureInfo] = []
        codes: list[Code] = []
        for window in parse_windows(self.windows, kind.name, self.name):
            part, whole = (
                reserves[entity.name].ring(None, self.where, window),
                reserves[entity.name].ring(None, None, window),
            )
            info = window_info(self, "share", kind, entity, window, _SHARE)
            infos.append(replace(info, condition=self.where, most=1))
            codes.append(_of_two("share", entity, part, whole))
        return Compiled(tuple(infos), tuple(codes))


@dataclass(frozen=True, slots=True)
class Burst(Stateful):
    """How many times the rate in the ``short`` window is that in the ``long`` one; 1: as usual."""

    short: str = "10m"
    long: str = "24h"
    where: str | None = None

    def compile(self, kind: Kind, reserves: Reserves) -> Compiled:
        entity = self.entity_of(kind)
        short, long = parse_windows((self.short, self.long), kind.name, self.name)
        if short.name != self.short:
            raise KindError(
                f"kind {kind.name}: feature {self.name!r}: the short window {self.short!r} is longer than the long "
                f"one, {self.long!r}: write short={self.long!r}, long={self.short!r}",
                about=self.name,
            )
        brief, lasting = (reserves[entity.name].ring(None, self.where, window) for window in (short, long))
        info = FeatureInfo(
            kind=kind.name,
            name=self.name,
            entity=entity.name,
            aggregation="burst",
            of_kind=kind.name,
            window_s=long.length_s,
            buckets=short.buckets,
            condition=self.where,
            parameters={
                "short_window_s": short.length_s,
                "short_bucket_s": short.bucket_s,
                "short_buckets": short.buckets,
                "long_window_s": long.length_s,
                "long_bucket_s": long.bucket_s,
                "long_buckets": long.buckets,
            },
            horizon_s=entity.horizon_s,
            sentence=self.sentence,
            formula=_BURST,
        )
        return Compiled((info,), (_of_two("burst", entity, brief, lasting, short.length_s, long.length_s),))


@dataclass(frozen=True, slots=True)
class Decayed(Stateful):
    """Events within ``window``, each halved for every ``half_life`` that it is old: a rate that fades smoothly."""

    half_life: str = "1h"
    window: str = "24h"
    where: str | None = None

    def compile(self, kind: Kind, reserves: Reserves) -> Compiled:
        entity = self.entity_of(kind)
        (window,) = parse_windows((self.window,), kind.name, self.name)
        try:
            half_life_s = seconds(self.half_life)
        except KindError as error:
            raise KindError(f"kind {kind.name}: feature {self.name!r}: half-life: {error}", about=self.name) from None
        ring = reserves[entity.name].ring(None, self.where, window, cells=True)
        info = window_info(self, "decayed", kind, entity, window, _DECAYED)
        info = replace(
            info,
            name=self.name,
            sentence=self.sentence,
            condition=self.where,
            parameters={"half_life_s": half_life_s},
        )
        return Compiled((info,), (_decayed(entity, ring, window, half_life_s),))


def _of_two(function: str, entity: Entity, first: str, second: str, *more: int) -> Code:
    extra = "".join(f", {number}" for number in more)

    def code(source: Sources) -> str:
        reading, at = source.reading[entity.name], source.at[entity.name].sum
        return f"{function}({reading}[{at[first]}], {reading}[{at[second]}]{extra})"

    return code


def _decayed(entity: Entity, ring: str, window: Window, half_life_s: int) -> Code:
    def code(source: Sources) -> str:
        at = source.at[entity.name].cells[ring]
        cells = f"{source.reading[entity.name]}[{at}:{at + window.buckets}]"
        return f"decayed({cells}, {window.bucket_s}, {half_life_s})"

    return code
