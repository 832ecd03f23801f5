"""How a kind of event is declared: its fields, entities and features, in one value.

A kind's file holds one ``Fields`` struct and one ``KIND``; topic, agent, store, models, index mapping, metrics
and schemas all follow from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from keyword import iskeyword
from typing import Annotated, Any, Protocol

import msgspec

from features.calls import check_call
from features.errors import KindError
from features.fields import field_metadata, fraction_fields, nested_fields
from features.window import seconds

MAX_TEXT = 2048
# Types and topics of Weir's own.
_TAKEN = ("label", "labels", "verdict", "verdicts", "control", "enforcement", "enforcements")
_LONGEST_HORIZON_S = 366 * 86_400


class Fields(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Base of a kind's fields. A field with a default is optional; what is absent is None."""


def text(*, ecs: str | None = None, longest: int = MAX_TEXT, private: bool = False, least: int = 0) -> Any:
    """The metadata of a string field: its name in Elastic Common Schema, its bound, whether it is private."""
    extra = {"ecs": ecs, "private": private}
    return msgspec.Meta(min_length=least, max_length=longest, extra=extra)


def number(
    *, ecs: str | None = None, least: float | None = None, most: float | None = None, unit: str | None = None
) -> Any:
    """The metadata of a number field: its name in Elastic Common Schema, its range, and its unit where the name does
    not end in it: numbers of two units are not compared in conditions."""
    return msgspec.Meta(ge=least, le=most, extra={"ecs": ecs, **({} if unit is None else {"unit": unit})})


Account = Annotated[str, text(ecs="user.id", longest=512, least=1)]
Ip = Annotated[str, msgspec.Meta(max_length=64, extra={"ecs": "source.ip", "format": "ip"})]
Device = Annotated[str, text(longest=512)]
UserAgent = Annotated[str, text(ecs="user_agent.original")]
Country = Annotated[str, text(ecs="source.geo.country_iso_code", longest=8)]
Asn = Annotated[int, number(ecs="source.as.number", least=0, most=2**32 - 1, unit="asn")]


@dataclass(frozen=True, slots=True)
class Input:
    """A value derived from fields, to be used wherever a field may be: ``by(*values of the fields)``.

    ``by`` gets None for a field that is absent, and gives a text, a whole number or a truth value, or None. Its
    return annotation says which.
    """

    name: str
    of: tuple[str, ...]
    by: Callable[..., str | int | bool | None]


@dataclass(frozen=True, slots=True)
class Lookup:
    """As ``Input``, with the reference data before the values: ``by(reference, *values)``."""

    name: str
    of: tuple[str, ...]
    by: Callable[..., str | int | bool | None]


@dataclass(frozen=True, slots=True)
class Entity:
    """An actor's handle that is counted: ``of`` names the field or input, ``by`` maps its value to the handle.

    An entity whose field is absent or empty, or for which ``by`` gives None, does not exist for that event.
    ``horizon``: an entity not seen for so long, in event time, is forgotten.
    """

    name: str
    of: str
    by: Callable[[Any], str | None] | None = None
    horizon: str = "30d"

    @property
    def horizon_s(self) -> int:
        return seconds(self.horizon)


class Measure(Protocol):
    """A feature declaration: one aggregation of one entity, or one number derived from the event alone."""

    @property
    def name(self) -> str: ...

    @property
    def sentence(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Kind:
    """A product's event: see the module's text. ``partition_key`` names a required field."""

    name: str
    fields: type[Fields]
    partition_key: str
    entities: tuple[Entity, ...]
    features: tuple[Any, ...]
    inputs: tuple[Input | Lookup, ...] = ()
    target: str = "account"
    private: tuple[str, ...] = field(init=False)
    ips: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        for name in ("entities", "features", "inputs"):
            if not isinstance(getattr(self, name), tuple):
                raise KindError(f"kind {self.name}: {name} is no tuple: has a single one a comma behind it?")
        metas = field_metadata(self.fields)
        object.__setattr__(self, "private", tuple(n for n, m in metas.items() if m.get("private")))
        object.__setattr__(self, "ips", tuple(n for n, m in metas.items() if m.get("format") == "ip"))
        if not self.name.isidentifier() or self.name != self.name.lower():
            raise KindError(f"kind {self.name!r}: a name is a lower-case identifier")
        if self.name in _TAKEN:
            raise KindError(f"kind {self.name!r}: Weir's own records and topics have that name: choose another")
        where = f"kind {self.name}: partition key {self.partition_key!r}"
        if self.partition_key not in metas:
            raise KindError(f"{where} is not one of its fields {sorted(metas)}", self.partition_key)
        required = {f.name for f in msgspec.structs.fields(self.fields) if f.required}
        if self.partition_key not in required:
            raise KindError(f"{where} must be a required field: give it no default", self.partition_key)
        if self.partition_key in self.private:
            raise KindError(f"{where} is private text: choose another field", self.partition_key)
        for name in [*metas, *(declared.name for declared in self.inputs)]:
            if name == "time_ms":
                raise KindError(f"kind {self.name}: 'time_ms' is the name of the event's own time: rename it", name)
        self._check_inputs(metas)
        self._check_entities(metas)
        self._check_features()

    def _check_features(self) -> None:
        for place, one in enumerate(self.features, start=1):
            if not all(isinstance(getattr(one, name, None), str) for name in ("name", "sentence")):
                what = f"the class {one.__name__}" if isinstance(one, type) else f"of type {type(one).__name__}"
                raise KindError(
                    f"kind {self.name}: number {place} of its features is {what} and no feature: "
                    "write a call such as Count('<entity>.<measure>', 'what it says')"
                )

    def _check_inputs(self, metas: Mapping[str, Any]) -> None:
        names = [declared.name for declared in self.inputs]
        for declared in self.inputs:
            where = f"kind {self.name}: input {declared.name!r}"
            if not declared.name.isidentifier() or iskeyword(declared.name):
                raise KindError(f"{where} is no name that a condition could read", about=declared.name)
            if declared.name in metas or names.count(declared.name) > 1:
                raise KindError(f"{where} has the name of another input or field: rename it", about=declared.name)
            check_call(declared.by, len(declared.of) + isinstance(declared, Lookup), where, declared.name)
            for of in declared.of:
                if of not in metas:
                    raise KindError(
                        f"{where} is made of {of!r}, which is no field; fields are {', '.join(sorted(metas))}",
                        about=declared.name,
                    )
                if of in self.private:
                    raise KindError(f"{where} is made of private text, and inputs are shown", about=declared.name)

    def _check_entities(self, metas: Mapping[str, Any]) -> None:
        names = [entity.name for entity in self.entities]
        nested, fractions = nested_fields(self.fields), fraction_fields(self.fields)
        known = [*metas, *(declared.name for declared in self.inputs)]
        for entity in self.entities:
            where = f"kind {self.name}: entity {entity.name!r}"
            if entity.of not in known:
                raise KindError(
                    f"{where} is made of {entity.of!r}, which is no field and no input; "
                    f"there are {', '.join(sorted(known))}",
                    about=entity.name,
                )
            if entity.of in self.private:
                raise KindError(f"{where} is made of private text, and verdicts name entities", about=entity.name)
            if entity.of in nested or (entity.by is None and entity.of in fractions):
                raise KindError(
                    f"{where} is made of {entity.of!r}, which is no text, whole number or truth value: "
                    "derive an input from it",
                    about=entity.name,
                )
            if entity.by is not None:
                check_call(entity.by, 1, where, entity.name)
            if names.count(entity.name) > 1:
                raise KindError(f"{where} is declared twice: rename one", about=entity.name)
            try:
                horizon_s = entity.horizon_s
            except KindError as error:
                raise KindError(f"{where}: horizon: {error}", about=entity.name) from None
            if horizon_s > _LONGEST_HORIZON_S:
                raise KindError(f"{where}: horizon {entity.horizon!r} is longer than 366d", about=entity.name)
        if self.target not in names:
            raise KindError(
                f"kind {self.name}: target {self.target!r} is not one of its entities {names}", about=self.target
            )
