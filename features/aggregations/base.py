"""What all aggregations share: their name, their condition, and the description that others recompute from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from features.aggregations.state import Positions
from features.errors import KindError
from features.fields import fraction_fields
from features.kind import Entity, Kind

NOTATION = (
    "Times are event times in seconds since 1970, UTC, in whole milliseconds: a time is rounded to microseconds when "
    "it is decoded, then cut down to milliseconds; time_ms of `weir features inputs` is authoritative. Buckets are "
    "aligned to that epoch. A kind's events are taken in the order in which they come, whatever their times: earlier "
    "is what came before. Of each source and id only the first is taken; a repetition is recognised among records "
    "with the same partition key, in a live run within dedupe_s of append time, in a replay without limit. A feature "
    "belongs to one entity, and only events that have that entity with the same value are meant. t is the event's "
    "own time. T is the greatest event time of all earlier events of of_kind for this entity, whatever the condition "
    "(none: nothing is known); what is forgotten is earlier no more. An event that comes too late for a bucket is "
    "still decided: its verdict's degraded says late. default is the value for an event without the entity: what an "
    "entity never seen before would have, itself not counted. A first event of an entity may itself already count, "
    "and then has another value. In a condition, what is absent, null, or an empty string in a field that is not "
    "required is missing; a comparison or function with something missing is false."
)
# Python source of a feature's value, given where its entity's reading has what, by entity name.
Code = Callable[["Sources"], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureInfo:
    """Everything about one feature, complete enough to recompute it from the events.

    ``of_kind``: the kind whose events are counted. ``kept_bucket_s``: the bucket in which a set notes its values.
    ``formula``: the definition in words, ``notation``: what they mean, the same for all.
    """

    kind: str
    name: str
    entity: str | None
    aggregation: str
    of_kind: str
    window_s: int | None = None
    bucket_s: int | None = None
    buckets: int | None = None
    kept_bucket_s: int | None = None
    cap: int | None = None
    condition: str | None = None
    inputs: tuple[str, ...] = ()
    parameters: Mapping[str, Any] | None = None
    horizon_s: int | None = None
    default: float = 0
    least: float | None = 0
    most: float | None = None
    unit: str = "1"
    sentence: str = ""
    formula: str = ""
    notation: str = NOTATION


@dataclass(frozen=True, slots=True)
class Sources:
    """What generated code reads: ``reading`` names an entity's reading, ``at`` says what stands where in it.

    ``shared``: code that several features build on, with the variable that holds its value.
    """

    reading: Mapping[str, str]
    at: Mapping[str, Positions]
    value: Callable[[str], str]
    shared: dict[str, str] = field(default_factory=dict)

    def once(self, code: str) -> str:
        """The variable that holds the value of this code."""
        return self.shared.setdefault(code, f"s{len(self.shared)}")


@dataclass(frozen=True, slots=True)
class Stateful:
    """Base of the aggregations. ``name`` reads ``<entity>.<measure>``; windows are appended to it."""

    name: str
    sentence: str

    def entity_of(self, kind: Kind) -> Entity:
        entity_name, dot, measure = self.name.partition(".")
        if not dot or not measure.replace("_", "").isalnum():
            raise KindError(
                f"kind {kind.name}: feature {self.name!r} must read '<entity>.<measure>'", about=self.name
            )
        return entity_named(kind, entity_name, self.name)


@dataclass(frozen=True, slots=True)
class Compiled:
    """One declared measure made ready: its features, and for each the code of its value."""

    infos: tuple[FeatureInfo, ...]
    codes: tuple[Code, ...]


def entity_named(kind: Kind, name: str, feature: str) -> Entity:
    """The kind's entity of that name; raises KindError."""
    for entity in kind.entities:
        if entity.name == name:
            return entity
    names = ", ".join(entity.name for entity in kind.entities)
    raise KindError(
        f"kind {kind.name}: feature {feature!r} is about {name!r}, which is no entity; there are {names}",
        about=feature,
    )


def told_apart(kind: Kind, feature: str, of: str) -> None:
    """Refuse an input that is unknown, whose values are fractions, which have no one spelling, or private text."""
    known_input(kind, feature, of)
    if of in kind.private:
        raise KindError(
            f"kind {kind.name}: feature {feature!r} tells values of {of!r} apart, which is private text, and hashes "
            "of it would be kept: choose another field, or declare a Derived number of it",
            about=feature,
        )
    if of in fraction_fields(kind.fields):
        raise KindError(
            f"kind {kind.name}: feature {feature!r} tells values of {of!r} apart, which are fractions: "
            "derive an input that makes them whole",
            about=feature,
        )


def known_input(kind: Kind, feature: str, of: str) -> None:
    """Refuse an input that is neither a field nor a derived input of the kind."""
    inputs = [declared.name for declared in kind.inputs]
    if of not in kind.fields.__struct_fields__ and of not in inputs:
        names = ", ".join([*kind.fields.__struct_fields__, *inputs])
        raise KindError(
            f"kind {kind.name}: feature {feature!r} reads {of!r}, which is no field and no input; there are {names}",
            about=feature,
        )
