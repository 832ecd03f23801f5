"""Which fields of a kind go under a name of the Elastic Common Schema, and how Elasticsearch shall type them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from features.errors import KindError
from features.fields import field_metadata
from features.kind import Fields, Kind

KEYWORD = {"type": "keyword", "ignore_above": 1024}
# A value that does not fit is kept in the document and left out of the index: better than a verdict refused.
DOUBLE = {"type": "double", "ignore_malformed": True}
LONG = {"type": "long", "ignore_malformed": True}
BOOLEAN = {"type": "boolean", "ignore_malformed": True}
DATE = {"type": "date", "ignore_malformed": True}
IP = {"type": "ip", "ignore_malformed": True}
GEO_POINT = {"type": "geo_point", "ignore_malformed": True}

_SEARCHED_BY_WORD = ("email.subject", "user_agent.original")
_SCALARS: tuple[tuple[type[msgspec.inspect.Type], dict[str, Any]], ...] = (
    (msgspec.inspect.BoolType, BOOLEAN),
    (msgspec.inspect.IntType, LONG),
    (msgspec.inspect.FloatType, DOUBLE),
    (msgspec.inspect.DateTimeType, DATE),
)


def ecs_paths(kind: Kind) -> dict[str, tuple[str, ...]]:
    """Fields that have a name in the Elastic Common Schema, with its parts; raises KindError if two share one."""
    paths: dict[str, tuple[str, ...]] = {}
    for field, meta in field_metadata(kind.fields).items():
        if not meta.get("ecs") or meta.get("private"):
            continue
        path = tuple(meta["ecs"].split("."))
        if path in paths.values():
            raise KindError(f"kind {kind.name}: two fields have the ecs name {meta['ecs']!r}: rename one")
        paths[field] = path
    return paths


def add_ecs_fields(properties: dict[str, Any], kinds: Iterable[Kind]) -> None:
    """Put every kind's ECS names into ``properties`` of a mapping; raises KindError where names or types clash."""
    own = _leaves(properties)
    for kind in kinds:
        types = {info.name: info.type for info in msgspec.structs.fields(kind.fields)}
        for field, path in ecs_paths(kind).items():
            name, mapping = _mapping(kind.fields, field, types[field], path)
            if name in own:
                raise KindError(f"kind {kind.name}: field {field}: the document has its own {'.'.join(name)!r}")
            if not _insert(properties, name, mapping):
                raise KindError(
                    f"kind {kind.name}: field {field}: {'.'.join(name)!r} is already mapped differently: "
                    "choose another ecs name or the same type"
                )


def _mapping(
    fields: type[Fields], field: str, declared: Any, path: tuple[str, ...]
) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The property that the field becomes. Two fields, ``….location.lat`` and ``.lon``, are one point."""
    if path[-1] in ("lat", "lon") and path[-2:-1] == ("location",):
        return path[:-1], GEO_POINT
    if field_metadata(fields)[field].get("format") == "ip":
        return path, IP
    mapping = _by_type(msgspec.inspect.type_info(declared))
    if mapping is KEYWORD and ".".join(path) in _SEARCHED_BY_WORD:
        return path, {**KEYWORD, "fields": {"text": {"type": "text", "norms": False}}}
    return path, mapping


def _by_type(info: msgspec.inspect.Type) -> dict[str, Any]:
    if isinstance(info, msgspec.inspect.Metadata):
        return _by_type(info.type)
    if isinstance(info, msgspec.inspect.UnionType):
        return _by_type(next(part for part in info.types if not isinstance(part, msgspec.inspect.NoneType)))
    if isinstance(info, msgspec.inspect.ListType):
        return _by_type(info.item_type)
    return next((mapping for kind, mapping in _SCALARS if isinstance(info, kind)), KEYWORD)


def _insert(properties: dict[str, Any], path: tuple[str, ...], mapping: dict[str, Any]) -> bool:
    """Whether the property has its place: it is new, or it stands there just so."""
    *parents, last = path
    for parent in parents:
        node = properties.setdefault(parent, {"properties": {}})
        if "type" in node:
            return False
        properties = node["properties"]
    return bool(properties.setdefault(last, mapping) == mapping)


def _leaves(properties: dict[str, Any], above: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    found = set()
    for name, node in properties.items():
        if "properties" in node:
            found |= _leaves(node["properties"], (*above, name))
        else:
            found.add((*above, name))
    return found
