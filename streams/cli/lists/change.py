"""``weir lists add`` and ``remove``."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path

import click
import msgspec

from models.lists import LIST_NAME, PROTECT, ListType
from streams.cli.control import control_now, tell_control
from streams.cli.import_ import INPUT
from streams.cli.lists.known import Known, known_lists, list_named
from streams.cli.lists.values import Values
from streams.cli.signed import EXPIRES, now_ms, signed, until, until_ms
from streams.settings import load_settings
from streams.standing.records import ListDeclared, ListEntry, list_entry_key, list_key

_NAME = click.argument("name", metavar="LIST")
_VALUES = click.argument("values", nargs=-1, metavar="[VALUE]...")
_FROM_FILE = click.option(
    "--from-file", type=INPUT, help="Values, one a line; what begins with # is a remark; .gz and - work."
)


@click.command()
@_NAME
@_VALUES
@_FROM_FILE
@click.option(
    "--of",
    type=click.Choice(["ip", "account", "domain", "asn", "hash", "text"]),
    help="What a new list holds.",
)
@click.option("--description", default="", help="What a new list is for.")
@EXPIRES
@signed
def add(
    name: str,
    values: tuple[str, ...],
    from_file: Path | None,
    of: ListType | None,
    description: str,
    expires: str | None,
    author: str,
    reason: str,
) -> None:
    """Put values into a list; workers know them within a second. A value that is there gets the new expiry.

    An ip list takes addresses and networks (192.0.2.0/24), a domain stands for its subdomains too, an account and a
    text are matched as they are written. The list protect takes entities: account=root, ip=192.0.2.0/24.
    """
    at_ms = now_ms()
    expires_ms = None if expires is None else until_ms(expires, at_ms)
    settings = load_settings()
    control = control_now(settings)
    every = known_lists(control, settings)
    known = every.get(name)
    of = _type_of(name, of, every)
    wanted = Values(of).read(values, from_file)
    changes: dict[str, bytes | None] = {}
    if known is None:
        declared = ListDeclared(of=of, description=description, author=author, reason=reason, set_ms=at_ms)
        changes[list_key(name)] = msgspec.json.encode(declared)
    for value in wanted:
        entry = ListEntry(
            list=name, of=of, value=value, expires_ms=expires_ms, author=author, reason=reason, set_ms=at_ms
        )
        changes[entry.key] = msgspec.json.encode(entry)
    tell_control(settings, changes)
    renewed = sum(list_entry_key(name, value) in control for value in wanted)
    click.echo(f"{name}: {len(wanted) - renewed} added, {renewed} renewed; until: {until(expires_ms, at_ms)}")


@click.command()
@_NAME
@_VALUES
@_FROM_FILE
@click.option("--all", "everything", is_flag=True, help="All that was added live, and the list if it began live.")
@click.pass_context
def remove(ctx: click.Context, name: str, values: tuple[str, ...], from_file: Path | None, everything: bool) -> None:
    """Take values out that were added live; exit code 1 if one was not, or if it also stands in the rulebook's file.

    What a file of the rulebook lists is taken out there.
    """
    settings = load_settings()
    control = control_now(settings)
    known = list_named(name, known_lists(control, settings))
    live = [entry.value for entry in known.entries]
    wanted = live if everything else Values(known.of).read(values, from_file)
    keys = [list_entry_key(name, value) for value in wanted]
    changes: dict[str, bytes | None] = {key: None for key in keys if key in control}
    removed = len(changes)
    if everything and list_key(name) in control:
        changes[list_key(name)] = None
    tell_control(settings, changes)
    click.echo(f"{name}: {removed} removed")
    in_file = {entry.value for file in known.files.values() for entry in file.entries}.intersection(wanted)
    absent = set(wanted) - set(live) - in_file
    if in_file:
        click.echo(
            f"weir lists remove: {len(in_file)} of them still count, for they stand in the rulebook's file of this "
            f"list (kinds: {', '.join(sorted(known.files))}): take them out there and publish it",
            err=True,
        )
    if absent:
        click.echo(f"weir lists remove: {len(absent)} of them did not stand in the list", err=True)
    ctx.exit(1 if in_file or absent else 0)


def _type_of(name: str, of: ListType | None, all_known: Mapping[str, Known]) -> ListType:
    """What the list holds, or will; raises UsageError."""
    known = all_known.get(name)
    if known is not None:
        if of not in (None, known.of):
            holds = "entities, as in account=root" if name == PROTECT else f"values of type {known.of}"
            raise click.UsageError(f"the list {name} holds {holds}: leave out --of {of}")
        return known.of
    if not LIST_NAME.fullmatch(name):
        raise click.UsageError(f"{name!r}: a list's name is lower case, with digits and _, as rules write it")
    if of is None:
        near = difflib.get_close_matches(name, all_known, n=1)
        hint = f"did you mean {near[0]!r}? To begin a new one" if near else "to begin it"
        raise click.UsageError(f"there is no list {name!r} yet: {hint}, say what it holds, as in --of ip")
    return of
