"""``weir freeze``: the switch for a bad day. No decision of a kind asks for more than it says, until it is lifted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
import msgspec
from rich.table import Table

from features.errors import KindError
from features.kinds import load_kinds
from streams.cli.control import control_now, tell_control
from streams.cli.signed import AS_JSON, day, now_ms, show_json, show_table, signed
from streams.settings import load_settings
from streams.standing.records import FREEZE_KEY, Freeze, freeze_key


@click.command()
@click.option("--kind", "kinds", multiple=True, help="The kind of events; may be given several times.")
@click.option("--every-kind", is_flag=True, help="All kinds.")
@click.option("--action", type=click.Choice(["allow", "review"]), help="No action is stronger than this.")
@click.option("--lift", is_flag=True, help="Let the kind act again.")
@click.option("--show", is_flag=True, help="Show what is frozen; exit code 1 if nothing is.")
@AS_JSON
@signed
@click.pass_context
def freeze(
    ctx: click.Context,
    kinds: tuple[str, ...],
    every_kind: bool,
    action: Any,
    lift: bool,
    show: bool,
    as_json: bool,
    author: str,
    reason: str,
) -> None:
    """Hold a kind's actions down: weir freeze --kind login --action review. Lift it: weir freeze --kind login --lift.

    Every worker obeys within 2 seconds. Rules and models go on judging: verdicts say what they ask for, and that it
    was frozen. What is enforced already stays enforced.
    """
    if (action is not None) + lift + show != 1:
        raise click.UsageError("write one of --action allow, --action review, --lift and --show")
    settings = load_settings()
    if not show and not kinds and not every_kind:
        raise click.UsageError("name what is meant, with --kind or --every-kind")
    there = load_kinds(settings.kinds_folders)
    if unknown := sorted({*kinds} - {*there}):
        raise KindError(f"there is no kind {unknown[0]!r}: there are {', '.join(sorted(there))}")
    meant = sorted(there) if every_kind else sorted({*kinds})
    control = control_now(settings)
    if show:
        frozen = {kind: one for kind, one in _frozen(control).items() if not meant or kind in meant}
        _show(frozen, as_json)
        ctx.exit(0 if frozen else 1)
    if lift:
        tell_control(settings, {freeze_key(kind): None for kind in meant})
        for kind in meant:
            click.echo(f"{kind}: " + ("lifted" if freeze_key(kind) in control else "was not frozen"))
        return
    one = msgspec.json.encode(Freeze(action=action, author=author, reason=reason, set_ms=now_ms()))
    tell_control(settings, {freeze_key(kind): one for kind in meant})
    for kind in meant:
        click.echo(f"{kind}: frozen, at most {action}; lift it with: weir freeze --kind {kind} --lift")


def _frozen(control: Mapping[str, bytes]) -> dict[str, Freeze]:
    found = {}
    for key, value in sorted(control.items()):
        if key.startswith(FREEZE_KEY):
            try:
                found[key.removeprefix(FREEZE_KEY)] = msgspec.json.decode(value, type=Freeze)
            except msgspec.MsgspecError:
                # Workers pass it over too, and say so in their logs.
                continue
    return found


def _show(frozen: Mapping[str, Freeze], as_json: bool) -> None:
    if as_json:
        show_json(
            {
                kind: {"action": one.action, "author": one.author, "reason": one.reason, "set_ms": one.set_ms}
                for kind, one in frozen.items()
            }
        )
    elif not frozen:
        click.echo("nothing is frozen")
    else:
        table = Table("kind", "at most", "author", "since", "reason", show_edge=False)
        for kind, one in frozen.items():
            table.add_row(kind, one.action, one.author, day(one.set_ms), one.reason)
        show_table(table)
