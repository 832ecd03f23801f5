"""The types that a condition can speak of, and the names that it can use."""

from __future__ import annotations

import types
import typing
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import msgspec

from features.errors import KindError
from features.expression.units import PLAIN, unit_of
from features.fields import field_metadata, number_ranges, whole_number_fields
from features.kind import Fields, Input, Lookup

NUMBER = "number"
STRING = "string"
BOOL = "truth value"
STRINGS = "list of strings"


@dataclass(frozen=True, slots=True)
class Name:
    """A readable name: its type, whether it may be missing, and the Python code that reads it.

    Of a number: its unit, the least and the greatest value that it can have (None: no bound), and whether it is
    always whole. Of a text: what it can be, None for anything.
    """

    type: str
    optional: bool
    code: str
    unit: str = PLAIN
    least: float | None = None
    most: float | None = None
    whole: bool = False
    choices: tuple[str, ...] | None = None


Namespace = Mapping[str, Name]


@dataclass(frozen=True, slots=True)
class Live:
    """What a rule can ask of live state: whether the value of a field or an entity stands in a list, and labels.

    ``fields``: the names of fields, which conditions can also read. ``entities``: names of entities.
    ``lists``: the type of each list by its name; None where it is not known which lists there are.
    """

    fields: Collection[str] = ()
    entities: Collection[str] = ()
    lists: Mapping[str, str] | None = None


def input_names(inputs: Iterable[Input | Lookup], prefix: str = "i_") -> dict[str, Name]:
    """The derived inputs of a kind, each held in a variable of its name after ``prefix``; raises KindError."""
    names: dict[str, Name] = {}
    for declared in inputs:
        hint = typing.get_type_hints(declared.by).get("return")
        kind = _type_of(hint)
        if kind not in (STRING, NUMBER, BOOL) or float in (hint, *typing.get_args(hint)):
            raise KindError(
                f"input {declared.name!r}: the return annotation of {declared.by.__qualname__} has to be one of "
                "str, int, bool, or one of them | None",
                about=declared.name,
            )
        names[declared.name] = Name(kind, True, prefix + declared.name, unit_of(declared.name))
    return names


def field_names(fields: type[Fields], variable: str = "d") -> dict[str, Name]:
    """The fields of a kind that a condition can read; private text and nested data cannot be read.

    A number's unit is that of ``extra={"unit": …}`` in its metadata, else what its name ends in.
    """
    names: dict[str, Name] = {}
    hints = typing.get_type_hints(fields)
    extra, ranges, whole = field_metadata(fields), number_ranges(fields), whole_number_fields(fields)
    for info in msgspec.structs.fields(fields):
        kind = _type_of(hints[info.name])
        if kind is not None:
            least, most = ranges.get(info.name, (None, None))
            names[info.name] = Name(
                kind,
                not info.required,
                f"{variable}.{info.name}",
                unit_of(info.name, extra[info.name].get("unit")) if kind == NUMBER else PLAIN,
                least,
                most,
                info.name in whole,
                _choices(hints[info.name], info.required),
            )
    return names


def _type_of(hint: typing.Any) -> str | None:
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        parts = [part for part in typing.get_args(hint) if part is not type(None)]
        return _type_of(parts[0]) if len(parts) == 1 else None
    if origin is typing.Annotated:
        return _type_of(typing.get_args(hint)[0])
    if origin is typing.Literal:
        return STRING if all(isinstance(value, str) for value in typing.get_args(hint)) else None
    if origin in (tuple, list):
        return STRINGS if _type_of(typing.get_args(hint)[0]) == STRING else None
    return {bool: BOOL, int: NUMBER, float: NUMBER, str: STRING}.get(hint)


def _choices(hint: typing.Any, required: bool) -> tuple[str, ...] | None:
    """The texts that are written out in a field's type; an empty one in an optional field counts as missing."""
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        return next((found for part in typing.get_args(hint) if (found := _choices(part, required))), None)
    if origin is not typing.Literal:
        return None
    return tuple(value for value in typing.get_args(hint) if isinstance(value, str) and (value or required))
