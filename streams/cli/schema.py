"""`weir schema`: what an event of each kind must look like, as JSON Schema for producers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click
import msgspec

from features.kind import Kind, field_metadata
from features.kinds import load_kinds
from streams.settings import load_settings

DIALECT = "https://json-schema.org/draft/2020-12/schema"
# JSON Schema has no format for both families; null passes, because formats concern strings only.
_IP = {"anyOf": [{"format": "ipv4"}, {"format": "ipv6"}, {"maxLength": 0}]}


def event_schema(kind: Kind) -> dict[str, Any]:
    """The JSON Schema of a kind's event, its CloudEvents envelope included; private text is ``x-private``.

    Unknown extra fields are valid: they are ignored, and counted.
    """
    data, nested = _data(kind)
    schema = {"$schema": DIALECT, **_event(kind, data)}
    return {**schema, "$defs": nested} if nested else schema


def events_schema(kinds: Iterable[Kind]) -> dict[str, Any]:
    """The JSON Schema of an event of any of the kinds; each kind's own stands in ``$defs``."""
    choices = []
    definitions: dict[str, Any] = {}
    for kind in sorted(kinds, key=lambda kind: kind.name):
        data, nested = _data(kind)
        definitions |= {kind.name: _event(kind, data), **nested}
        choices.append({"$ref": f"#/$defs/{kind.name}"})
    return {"$schema": DIALECT, "title": "An event", "oneOf": choices, "$defs": definitions}


def _event(kind: Kind, data: dict[str, Any]) -> dict[str, Any]:
    name = {"type": "string", "minLength": 1, "maxLength": 1024}
    return {
        "title": f"{kind.name} event",
        "type": "object",
        "required": ["specversion", "id", "source", "type", "time", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {**name, "description": "with source, the identity of the event"},
            "source": {**name, "description": "who produced the event"},
            "type": {"const": kind.name},
            "time": {"type": "string", "format": "date-time", "description": "when it happened, with its zone"},
            "data": data,
        },
    }


def _data(kind: Kind) -> tuple[dict[str, Any], dict[str, Any]]:
    """The schema of the kind's fields, and of the structs that they use, by name."""
    (reference,), structs = msgspec.json.schema_components(
        [kind.fields], ref_template=f"#/$defs/{kind.name}.{{name}}"
    )
    nested = {f"{kind.name}.{name}": struct for name, struct in structs.items()}
    data = nested.pop(reference["$ref"].removeprefix("#/$defs/"))
    metas = field_metadata(kind.fields)
    for name, field in data["properties"].items():
        if metas[name].get("private"):
            field["x-private"] = True
        if metas[name].get("format") == "ip":
            field["allOf"] = [_IP]
        if name == kind.partition_key and field.get("type") == "string":
            field["minLength"] = 1
    return data, nested


@click.command()
@click.option("--kind", "name", help="Only this kind.")
def schema(name: str | None) -> None:
    """Print the JSON Schema (2020-12) of the events, private fields marked x-private."""
    kinds = load_kinds(load_settings().kinds_folders)
    if name is not None and name not in kinds:
        raise click.BadParameter(f"{name!r} is no kind; there are {', '.join(sorted(kinds))}", param_hint="--kind")
    found = events_schema(kinds.values()) if name is None else event_schema(kinds[name])
    click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
