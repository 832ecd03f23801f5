"""`weir schema`: what an event of each kind must look like, as JSON Schema; and all topics, as AsyncAPI."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click
import msgspec

from features.kind import Kind
from features.kinds import load_kinds
from streams.asyncapi import asyncapi
from streams.payloads import event_parts
from streams.settings import load_settings

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_DEFINITION = "#/$defs/{name}"


def event_schema(kind: Kind) -> dict[str, Any]:
    """The JSON Schema of a kind's event, its CloudEvents envelope included; private text is ``x-private``.

    Unknown extra fields are valid: they are ignored, and counted.
    """
    event, nested = event_parts(kind, _DEFINITION)
    schema = {"$schema": DIALECT, **event}
    return {**schema, "$defs": nested} if nested else schema


def events_schema(kinds: Iterable[Kind]) -> dict[str, Any]:
    """The JSON Schema of an event of any of the kinds; each kind's own stands in ``$defs``."""
    choices = []
    definitions: dict[str, Any] = {}
    for kind in sorted(kinds, key=lambda kind: kind.name):
        event, nested = event_parts(kind, _DEFINITION)
        definitions |= {kind.name: event, **nested}
        choices.append({"$ref": _DEFINITION.format(name=kind.name)})
    return {"$schema": DIALECT, "title": "An event", "oneOf": choices, "$defs": definitions}


@click.command()
@click.option("--kind", "name", help="Only this kind.")
@click.option("--asyncapi", "as_asyncapi", is_flag=True, help="All topics, with every record, as AsyncAPI 3.0.")
def schema(name: str | None, as_asyncapi: bool) -> None:
    """Print the JSON Schema (2020-12) of the events, private fields marked x-private; or all topics as AsyncAPI."""
    settings = load_settings()
    kinds = load_kinds(settings.kinds_folders)
    if name is not None and as_asyncapi:
        raise click.UsageError("--asyncapi describes all topics: leave out --kind")
    if name is not None and name not in kinds:
        raise click.BadParameter(f"{name!r} is no kind; there are {', '.join(sorted(kinds))}", param_hint="--kind")
    if as_asyncapi:
        found = asyncapi(settings, kinds)
    else:
        found = events_schema(kinds.values()) if name is None else event_schema(kinds[name])
    click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
