"""The types that a condition can speak of, and the names that it can use."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from features.errors import KindError
from features.kind import Fields, Input, Lookup

NUMBER = "number"
STRING = "string"
BOOL = "truth value"
STRINGS = "list of strings"


@dataclass(frozen=True, slots=True)
class Name:
    """A readable name: its type, whether it may be missing, and the Python code that reads it."""

    type: str
    optional: bool
    code: str


Namespace = Mapping[str, Name]


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
        names[declared.name] = Name(kind, True, prefix + declared.name)
    return names


def field_names(fields: type[Fields], variable: str = "d") -> dict[str, Name]:
    """The fields of a kind that a condition can read; private text and nested data cannot be read."""
    names: dict[str, Name] = {}
    hints = typing.get_type_hints(fields)
    for info in msgspec.structs.fields(fields):
        kind = _type_of(hints[info.name])
        if kind is not None:
            names[info.name] = Name(kind, not info.required, f"{variable}.{info.name}")
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
