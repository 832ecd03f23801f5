"""``weir lists show``."""

from __future__ import annotations

from typing import Any

import click
from rich.table import Table

from models.lists import Entry
from streams.cli.control import control_now
from streams.cli.lists.known import Known, known_lists, list_named
from streams.cli.signed import AS_JSON, day, now_ms, show_json, show_table, until
from streams.settings import load_settings
from streams.standing.records import ListEntry


@click.command()
@click.argument("name", metavar="LIST", required=False)
@AS_JSON
def show(name: str | None, as_json: bool) -> None:
    """Show all lists, or what stands in one: from the rulebook's files and added live, by whom, why, until when."""
    settings = load_settings()
    known = known_lists(control_now(settings), settings)
    at_ms = now_ms()
    if name is not None:
        one = list_named(name, known)
        told = _told(one, at_ms)
        if as_json:
            show_json(told)
        else:
            show_table(_values(told["entries"], at_ms))
            _say_unasked(one)
        return
    all_ = [_told(one, at_ms) for one in known.values()]
    if as_json:
        show_json([{**told, "entries": len(told["entries"])} for told in all_])
        return
    table = Table("list", "of", "from files", "added live", "expired", "what it is", show_edge=False)
    for told in all_:
        live = sum(entry["from"] == "live" for entry in told["entries"])
        expired = sum(entry["expired"] for entry in told["entries"])
        counts = (len(told["entries"]) - live, live, expired)
        table.add_row(told["list"], told["of"], *map(str, counts), told["description"])
    show_table(table)


def _values(entries: list[dict[str, Any]], at_ms: int) -> Table:
    table = Table("value", "from", "until", "author", "set", "reason", show_edge=False)
    for one in entries:
        where = f"file ({', '.join(one['kinds'])})" if one["from"] == "file" else "live"
        set_at = day(one.get("set_ms", 0))
        table.add_row(one["value"], where, until(one["expires_ms"], at_ms), one["author"], set_at, one["reason"])
    return table


def _say_unasked(known: Known) -> None:
    if not known.files and known.of != "entity":
        click.echo(
            f"No file of the rulebook declares this list, so nobody checks what asks for it: "
            f'add lists/{known.name}.toml with of = "{known.of}".',
            err=True,
        )


def _told(known: Known, at_ms: int) -> dict[str, Any]:
    """Sorted by value; what the files of several kinds say alike is told once."""
    in_files: dict[Entry, list[str]] = {}
    for kind, file in known.files.items():
        for entry in file.entries:
            in_files.setdefault(entry, []).append(kind)
    entries = [{**_entry(entry, at_ms), "from": "file", "kinds": kinds} for entry, kinds in in_files.items()]
    entries += [{**_entry(entry, at_ms), "from": "live", "set_ms": entry.set_ms} for entry in known.entries]
    entries.sort(key=lambda one: (one["value"], one["from"]))
    return {"list": known.name, "of": known.of, "description": known.description, "entries": entries}


def _entry(entry: Entry | ListEntry, at_ms: int) -> dict[str, Any]:
    return {
        "value": entry.value,
        "expires_ms": entry.expires_ms,
        "expired": entry.expires_ms is not None and entry.expires_ms <= at_ms,
        "author": entry.author,
        "reason": entry.reason,
    }
