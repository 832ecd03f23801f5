"""``weir entity``: words about an actor, which rules can ask for, and all that people set about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import click
import msgspec
from rich.table import Table

from models.lists import PROTECT, Entry, list_of
from streams.cli.control import control_now, tell_control
from streams.cli.lists.known import known_lists
from streams.cli.prune import prune_command
from streams.cli.signed import AS_JSON, EXPIRES, day, now_ms, show_json, show_table, signed, until, until_ms
from streams.cli.who import who
from streams.settings import Settings, load_settings
from streams.standing.records import LABEL_KEY, SNOOZE_KEY, EntityLabel, ListEntry, Note, Snooze

_ENTITY = click.argument("entity", metavar="ENTITY=VALUE")
_LABELS = click.argument("labels", nargs=-1, required=True, metavar="LABEL...")
_BY = click.option(
    "--by",
    type=click.Choice(["manual", "automatic"]),
    default="manual",
    show_default=True,
    help="automatic: set by a program; silent while the entity has a manual label in force.",
)
_Some = TypeVar("_Some", bound=Note)


@click.group()
def entity() -> None:
    """Labels of entities, as rules ask for them: "compromised" in labels.account."""


@entity.command()
@_ENTITY
@_LABELS
@EXPIRES
@_BY
@signed
def label(entity: str, labels: tuple[str, ...], expires: str | None, by: Any, author: str, reason: str) -> None:
    """Label an entity, as in: weir entity label account=ada "known good" --expires 30d --reason "ticket 7"."""
    at_ms = now_ms()
    expires_ms = None if expires is None else until_ms(expires, at_ms)
    name, values = who(entity)
    settings = load_settings()
    control_now(settings)
    changes: dict[str, bytes | None] = {}
    for value in values:
        for word in map(_word, labels):
            one = EntityLabel(
                entity=name,
                value=value,
                label=word,
                by=by,
                expires_ms=expires_ms,
                author=author,
                reason=reason,
                set_ms=at_ms,
            )
            changes[one.key] = msgspec.json.encode(one)
    tell_control(settings, changes)
    for value in values:
        click.echo(f"{name}={value}: {', '.join(labels)} ({by}); until: {until(expires_ms, at_ms)}")


@entity.command()
@_ENTITY
@_LABELS
@_BY
@click.pass_context
def unlabel(ctx: click.Context, entity: str, labels: tuple[str, ...], by: Any) -> None:
    """Take labels back; exit code 1 if the entity did not have one of them."""
    name, values = who(entity)
    settings = load_settings()
    control = control_now(settings)
    absent = False
    changes: dict[str, bytes | None] = {}
    for word in map(_word, labels):
        keys = [EntityLabel(entity=name, value=value, label=word, by=by).key for value in values]
        there = [key for key in keys if key in control]
        changes |= dict.fromkeys(there)
        absent |= not there
        click.echo(f"{entity}: {word} ({by}): " + ("taken back" if there else "it did not have this label"))
    tell_control(settings, changes)
    ctx.exit(1 if absent else 0)


@entity.command()
@_ENTITY
@AS_JSON
def show(entity: str, as_json: bool) -> None:
    """Show what people set about an entity: labels, snoozed rules, protection. What is counted of it: weir features
    inspect."""
    at_ms = now_ms()
    name, values = who(entity)
    settings = load_settings()
    control = control_now(settings)
    labels = list(_about(control, LABEL_KEY, EntityLabel, name, values))
    by_hand = {one.value for one in labels if one.by == "manual" and _counts(one.expires_ms, at_ms)}
    rows = [
        {
            "what": "label",
            "name": one.label,
            "by": one.by,
            **_signed(one, one.expires_ms, at_ms),
            "silent": one.by == "automatic" and one.value in by_hand,
        }
        for one in labels
    ]
    rows += [
        {"what": "snooze", "name": one.rule, **_signed(one, one.expires_ms, at_ms)}
        for one in _about(control, SNOOZE_KEY, Snooze, name, values)
    ]
    rows += _protection(control, settings, name, values, at_ms)
    if as_json:
        show_json({"entity": name, "values": values, "set": rows})
        return
    if not rows:
        click.echo(f"{name}={', '.join(values)}: nothing is set")
        return
    table = Table("what", "name", "until", "author", "set", "reason", "", show_edge=False)
    for row in rows:
        name_ = row["name"] + (f" ({row['by']})" if "by" in row else "")
        silent = "silent beside a manual label" if row.get("silent") else ""
        until_ = until(row["expires_ms"], at_ms)
        table.add_row(row["what"], name_, until_, row["author"], day(row["set_ms"]), row["reason"], silent)
    show_table(table)


entity.add_command(prune_command("Take labels and snoozes back that expired long ago.", (LABEL_KEY, SNOOZE_KEY)))


def _protection(
    control: Mapping[str, bytes], settings: Settings, name: str, values: list[str], at_ms: int
) -> list[dict[str, Any]]:
    """Entries of ``protect`` that hold it, from files and live; also by a network around an address."""
    known = known_lists(control, settings)[PROTECT]
    in_files = dict.fromkeys(entry for file in known.files.values() for entry in file.entries)
    entries: list[tuple[Entry | ListEntry, int]] = [(entry, 0) for entry in in_files]
    entries += [(entry, entry.set_ms) for entry in known.entries]
    rows = []
    for entry, set_ms in entries:
        # Expired ones are shown too.
        one = list_of("entity", [Entry(entry.value)])
        if any(one.holds(name, value, at_ms) for value in values):
            told = {"author": entry.author, "reason": entry.reason, "set_ms": set_ms, "expires_ms": entry.expires_ms}
            rows.append({"what": "protect", "name": entry.value, **told})
    return rows


def _about(
    control: Mapping[str, bytes], prefix: str, note: type[_Some], name: str, values: list[str]
) -> Iterator[_Some]:
    for key, value in sorted(control.items()):
        if key.startswith(prefix):
            try:
                one = msgspec.json.decode(value, type=note)
            except msgspec.MsgspecError:
                # Workers pass it over too, and say so in their logs.
                continue
            if one.entity == name and one.value in values:
                yield one


def _counts(expires_ms: int | None, at_ms: int) -> bool:
    return expires_ms is None or at_ms < expires_ms


def _signed(one: Note, expires_ms: int | None, at_ms: int) -> dict[str, Any]:
    return {"author": one.author, "reason": one.reason, "set_ms": one.set_ms, "expires_ms": expires_ms}


def _word(text: str) -> str:
    if not text.strip() or len(text) > 256:
        raise click.UsageError("a label is a text of 1 to 256 characters")
    return text
