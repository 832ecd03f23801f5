"""What a kind's fields are made of: read from the struct that declares them."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec


def field_metadata(fields: type[msgspec.Struct]) -> dict[str, dict[str, Any]]:
    """Each field's extra metadata, also where it stands inside ``Annotated[...] | None``."""
    result: dict[str, dict[str, Any]] = {}
    for info in msgspec.structs.fields(fields):
        result[info.name] = _extra(msgspec.inspect.type_info(info.type))
    return result


def whole_number_fields(fields: type[msgspec.Struct]) -> dict[str, bool]:
    """The fields that hold whole numbers, and whether their declared range lies within 2^53 of 0."""
    return {
        name: all(bound is not None and abs(bound) < 2**53 for bound in (declared.ge, declared.le))
        for name, declared in _numbers(fields).items()
        if isinstance(declared, msgspec.inspect.IntType)
    }


def number_ranges(fields: type[msgspec.Struct]) -> dict[str, tuple[float | None, float | None]]:
    """The declared least and greatest value of each field that holds a number."""
    return {name: (declared.ge, declared.le) for name, declared in _numbers(fields).items()}


def fraction_fields(fields: type[msgspec.Struct]) -> set[str]:
    """The fields that hold numbers which need not be whole."""
    return {n for n, declared in _numbers(fields).items() if isinstance(declared, msgspec.inspect.FloatType)}


def nested_fields(fields: type[msgspec.Struct]) -> set[str]:
    """The fields that hold lists or objects."""
    plain = (
        msgspec.inspect.IntType,
        msgspec.inspect.FloatType,
        msgspec.inspect.StrType,
        msgspec.inspect.BoolType,
        msgspec.inspect.LiteralType,
        msgspec.inspect.NoneType,
    )
    return {name for name, parts in _parts(fields).items() if not all(isinstance(part, plain) for part in parts)}


def _numbers(fields: type[msgspec.Struct]) -> dict[str, msgspec.inspect.IntType | msgspec.inspect.FloatType]:
    return {
        name: part
        for name, parts in _parts(fields).items()
        for part in parts
        if isinstance(part, (msgspec.inspect.IntType, msgspec.inspect.FloatType))
    }


@cache
def _parts(fields: type[msgspec.Struct]) -> dict[str, list[msgspec.inspect.Type]]:
    """The types that each field may have, without their metadata."""
    result: dict[str, list[msgspec.inspect.Type]] = {}
    for info in msgspec.structs.fields(fields):
        declared = msgspec.inspect.type_info(info.type)
        parts = declared.types if isinstance(declared, msgspec.inspect.UnionType) else (declared,)
        result[info.name] = [p.type if isinstance(p, msgspec.inspect.Metadata) else p for p in parts]
    return result


def _extra(info: msgspec.inspect.Type) -> dict[str, Any]:
    if isinstance(info, msgspec.inspect.Metadata):
        return dict(info.extra or {})
    if isinstance(info, msgspec.inspect.UnionType):
        for part in info.types:
            extra = _extra(part)
            if extra:
                return extra
    return {}
