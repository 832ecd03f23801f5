"""distinct and novelty: how many different values, and whether this one was there before."""

from __future__ import annotations

from dataclasses import dataclass, replace

from features.aggregations.base import Code, Compiled, FeatureInfo, Sources, Stateful, told_apart
from features.aggregations.count import window_info
from features.aggregations.reserve import Reserves
from features.errors import KindError
from features.kind import Entity, Kind
from features.window import parse_windows

CAP = 32
KEPT = (
    "A value is hashed with BLAKE2b, digest of 6 bytes read as a big-endian number, over UTF-8 (what is no string: "
    "its JSON text without spaces, escaping only what has to be); null, what is absent, an empty string, or a value "
    "of an event that does not match the condition, is none. Each value is kept with the greatest bucket floor(t / "
    "kept_bucket_s) in which it was seen; after each event only the cap greatest by (bucket, hash) stay. "
)
_DISTINCT = KEPT + (
    "The value is the number of kept ones, this event's included, with floor(bucket * kept_bucket_s / bucket_s) > "
    "H - buckets, where H = floor(max(T, t) / bucket_s), floor(t / bucket_s) if T is none."
)
_NOVELTY = KEPT + "The value is 1 if this event has a value that is not among those kept of earlier events, else 0."


@dataclass(frozen=True, slots=True)
class Distinct(Stateful):
    """Different values of ``of`` in each window, this event's included; exact up to ``cap``, then ``cap``.

    One structure answers all windows: the ``cap`` greatest (bucket, hash) pairs, each value with the greatest
    bucket of the shortest window in which it was seen.
    """

    of: str = ""
    windows: tuple[str, ...] = ("1h", "24h")
    where: str | None = None
    cap: int = CAP

    def compile(self, kind: Kind, reserves: Reserves) -> Compiled:
        entity = self.entity_of(kind)
        windows = parse_windows(self.windows, kind.name, self.name)
        told_apart(kind, self.name, self.of)
        shortest_s = windows[0].bucket_s
        spans = tuple((window.bucket_s // shortest_s, window.buckets) for window in windows)
        cap = checked_cap(kind, self.name, self.cap)
        try:
            kept = reserves[entity.name].value_set(self.of, self.where, shortest_s, cap, spans, counted=False)
        except KindError as error:
            raise KindError(str(error), about=self.name) from None
        infos = tuple(
            replace(
                window_info(self, "distinct", kind, entity, window, _DISTINCT),
                kept_bucket_s=shortest_s,
                cap=cap,
                condition=self.where,
                inputs=(self.of,),
                most=cap,
            )
            for window in windows
        )
        return Compiled(infos, tuple(_count_code(entity, kept, span) for span in spans))


@dataclass(frozen=True, slots=True)
class Novelty(Stateful):
    """1 if this event's value of ``of`` is not among the ``cap`` last seen for this entity, else 0.

    ``bucket``: how finely it is noted when a value was last seen, which decides who goes when all places are
    taken. It shares the structure of a ``Distinct`` with the same ``of``, ``where`` and ``cap`` whose shortest
    window is ``windows[0]``.
    """

    of: str = ""
    windows: tuple[str, ...] = ("1h",)
    where: str | None = None
    cap: int = CAP

    def compile(self, kind: Kind, reserves: Reserves) -> Compiled:
        entity = self.entity_of(kind)
        told_apart(kind, self.name, self.of)
        shortest_s = parse_windows(self.windows, kind.name, self.name)[0].bucket_s
        cap = checked_cap(kind, self.name, self.cap)
        kept = reserves[entity.name].value_set(self.of, self.where, shortest_s, cap, (), counted=False)
        info = FeatureInfo(
            kind=kind.name,
            name=self.name,
            entity=entity.name,
            aggregation="novelty",
            of_kind=kind.name,
            kept_bucket_s=shortest_s,
            cap=cap,
            condition=self.where,
            inputs=(self.of,),
            horizon_s=entity.horizon_s,
            most=1,
            sentence=self.sentence,
            formula=_NOVELTY,
        )
        return Compiled((info,), (_novel_code(entity, kept),))


def checked_cap(kind: Kind, feature: str, cap: int) -> int:
    # True is an int too.
    if type(cap) is not int or not 1 <= cap <= 1024:
        raise KindError(
            f"kind {kind.name}: feature {feature!r}: cap is {cap!r}, allowed are 1 to 1024: "
            f"write for example cap={CAP}",
            about=feature,
        )
    return cap


def _count_code(entity: Entity, kept: str, span: tuple[int, int]) -> Code:
    return lambda source: f"{source.reading[entity.name]}[{source.at[entity.name].count[kept, span]}]"


def _novel_code(entity: Entity, kept: str) -> Code:
    def code(source: Sources) -> str:
        return f"1 - {source.reading[entity.name]}[{source.at[entity.name].known[kept]}]"

    return code
