"""login risk: how unlike its account an event is, after Freeman et al., NDSS 2016."""

from __future__ import annotations

from dataclasses import dataclass

from features.aggregations.base import Compiled, FeatureInfo, Sources, Stateful, entity_named, told_apart
from features.aggregations.distinct import KEPT, checked_cap
from features.aggregations.reserve import Reserves
from features.errors import KindError
from features.kind import Kind
from features.window import parse_windows

_FORMULA = (
    "For each part whose input the event has (null, what is absent and an empty string are none): among all, p = "
    "(n + 1) / (N + 1). With an entity in parts, n and N are the counts of events that match the condition in the "
    "window (as aggregation count defines them, this event included) of that entity and of the entity everyone; 0 "
    "for one that the event does not have; each has its own T, and is forgotten after its own of horizons_s. "
    "Without one, n and N are this value's count and the sum of all counts in the everyone entity's tally of earlier "
    "events, with cap_among. For this entity, m and M are this value's count and the sum of all counts in its "
    "own tally of earlier events, with cap, and q = (m + p) / (M + 1). A tally holds, for each value that is kept, "
    "its number of events that match the condition since it came in (one that was dropped starts again at 1). This "
    "event's value is looked up also where it does not match the condition. "
    + KEPT
    + "With P = sum(weight * p) and Q = sum(weight * q) over the parts of a group that the event has, the value is "
    "the sum over groups of ln(P / Q); a group without any part adds 0."
)


@dataclass(frozen=True, slots=True)
class Part:
    """One input and its weight within its group. ``entity``: the entity that stands for the input's value, whose own
    events tell how common it is; None: a tally of all values tells, which suits inputs of few values."""

    of: str
    weight: float
    entity: str | None = None


@dataclass(frozen=True, slots=True)
class LoginRisk(Stateful):
    """How much likelier the event's values are among all accounts than for this one, as a logarithm: positive is
    unlike this account, 0 is nothing known. Only events that match ``where`` teach it (successful logins)."""

    groups: tuple[tuple[Part, ...], ...] = ()
    where: str | None = None
    window: str = "7d"
    everyone: str = "everyone"
    cap: int = 8
    cap_among: int = 32

    def compile(self, kind: Kind, reserves: Reserves) -> Compiled:
        entity = self.entity_of(kind)
        everyone = entity_named(kind, self.everyone, self.name)
        if not self.groups or not all(self.groups):
            raise KindError(f"kind {kind.name}: feature {self.name!r} needs groups of parts", about=self.name)
        (window,) = parse_windows((self.window,), kind.name, self.name)
        bucket_s = window.bucket_s
        for cap in (self.cap, self.cap_among):
            checked_cap(kind, self.name, cap)
        horizons_s = {everyone.name: everyone.horizon_s}
        own, among, whole = {}, {}, reserves[everyone.name].ring(None, self.where, window)
        for part in (part for group in self.groups for part in group):
            if not part.weight > 0:
                raise KindError(
                    f"kind {kind.name}: feature {self.name!r}: the weight of {part.of!r} is {part.weight}, "
                    "and has to be above 0",
                    about=self.name,
                )
            told_apart(kind, self.name, part.of)
            own[part] = reserves[entity.name].value_set(part.of, self.where, bucket_s, self.cap, (), counted=True)
            if part.entity is not None:
                horizons_s[part.entity] = entity_named(kind, part.entity, self.name).horizon_s
                among[part] = reserves[part.entity].ring(None, self.where, window)
            else:
                kept = reserves[everyone.name].value_set
                among[part] = kept(part.of, self.where, bucket_s, self.cap_among, (), counted=True)

        def part_code(source: Sources, part: Part) -> str:
            reading, all_of = source.reading[entity.name], source.reading[everyone.name]
            at = source.at[entity.name].known[own[part]]
            if part.entity is not None:
                n = f"{source.reading[part.entity]}[{source.at[part.entity].sum[among[part]]}]"
                total = f"{all_of}[{source.at[everyone.name].sum[whole]}]"
            else:
                tally = source.at[everyone.name].known[among[part]]
                n, total = f"{all_of}[{tally}]", f"{all_of}[{tally + 1}]"
            values = f"({part.weight!r}, {n}, {total}, {reading}[{at}], {reading}[{at + 1}])"
            return f"({values} if {source.value(part.of)} not in (None, '') else None)"

        def code(source: Sources) -> str:
            groups = ("(" + "".join(f"{part_code(source, p)}, " for p in group) + "), " for group in self.groups)
            return f"login_risk(({''.join(groups)}))"

        info = FeatureInfo(
            kind=kind.name,
            name=self.name,
            entity=entity.name,
            aggregation="login_risk",
            of_kind=kind.name,
            window_s=window.length_s,
            bucket_s=bucket_s,
            buckets=window.buckets,
            kept_bucket_s=bucket_s,
            cap=self.cap,
            condition=self.where,
            inputs=tuple(dict.fromkeys(part.of for group in self.groups for part in group)),
            parameters={
                "groups": [
                    [{"input": p.of, "weight": p.weight, "entity": p.entity} for p in group] for group in self.groups
                ],
                "everyone": everyone.name,
                "horizons_s": horizons_s,
                "cap_among": self.cap_among,
            },
            horizon_s=entity.horizon_s,
            least=None,
            sentence=self.sentence,
            formula=_FORMULA,
        )
        return Compiled((info,), (code,))
