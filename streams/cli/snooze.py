"""``weir rules snooze`` and ``unsnooze``: a rule is silent for one entity until a date."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

import click
import msgspec
from rich.table import Table

from features.errors import WeirError
from features.kinds import load_kinds
from streams.cli.control import control_now, tell_control
from streams.cli.rulebook import rules_of, texts_in_force
from streams.cli.signed import AS_JSON, day, now_ms, show_json, show_table, signed, until, until_ms
from streams.cli.who import who
from streams.settings import Settings, load_settings
from streams.standing.records import SNOOZE_KEY, Snooze

_RULE = click.argument("rule")
_ENTITY = click.argument("entity", metavar="ENTITY=VALUE")


@click.command()
@_RULE
@_ENTITY
@click.option(
    "--until", "until_", required=True, metavar="7d|DATE", help="In event time; a duration counts from now."
)
@signed
def snooze(rule: str, entity: str, until_: str, author: str, reason: str) -> None:
    """Silence a rule for one entity, as in: weir rules snooze login-brute-force account=ada --until 7d.

    The verdicts of its events say so in their facts. Other rules and the models go on.
    """
    at_ms = now_ms()
    expires_ms = until_ms(until_, at_ms, "--until")
    name, values = who(entity)
    settings = load_settings()
    control = control_now(settings)
    _refuse_unknown(rule, control, settings)
    changes: dict[str, bytes | None] = {}
    for value in values:
        one = Snooze(
            rule=rule, entity=name, value=value, expires_ms=expires_ms, author=author, reason=reason, set_ms=at_ms
        )
        changes[one.key] = msgspec.json.encode(one)
    tell_control(settings, changes)
    for value in values:
        click.echo(f"{rule} is silent for {name}={value}; until: {until(expires_ms, at_ms)}")


@click.command()
@_RULE
@_ENTITY
@click.pass_context
def unsnooze(ctx: click.Context, rule: str, entity: str) -> None:
    """Let a rule speak again about an entity; exit code 1 if it was not silent."""
    name, values = who(entity)
    settings = load_settings()
    control = control_now(settings)
    keys = [Snooze(rule=rule, entity=name, value=value, expires_ms=0).key for value in values]
    there = [key for key in keys if key in control]
    tell_control(settings, dict.fromkeys(there))
    click.echo(f"{rule} " + (f"speaks again about {entity}" if there else f"was not silent for {entity}"))
    ctx.exit(0 if there else 1)


@click.command()
@click.option("--rule", help="Only of this rule.")
@AS_JSON
def snoozes(rule: str | None, as_json: bool) -> None:
    """Show which rules are silent for whom, by whom, why, until when."""
    at_ms = now_ms()
    control = control_now(load_settings())
    found = [one for one in _snoozes(control) if rule in (None, one.rule)]
    if as_json:
        show_json([{**msgspec.structs.asdict(one), "expired": one.expires_ms <= at_ms} for one in found])
        return
    table = Table("rule", "entity", "until", "author", "set", "reason", show_edge=False)
    for one in found:
        who_ = f"{one.entity}={one.value}"
        table.add_row(one.rule, who_, until(one.expires_ms, at_ms), one.author, day(one.set_ms), one.reason)
    show_table(table)


def _snoozes(control: Mapping[str, bytes]) -> list[Snooze]:
    found = []
    for key, value in control.items():
        if key.startswith(SNOOZE_KEY):
            try:
                found.append(msgspec.json.decode(value, type=Snooze))
            except msgspec.MsgspecError:
                # Workers pass it over too, and say so in their logs.
                continue
    return sorted(found, key=lambda one: (one.rule, one.entity, one.value))


def _refuse_unknown(rule: str, control: Mapping[str, bytes], settings: Settings) -> None:
    known = rules_of(texts_in_force(control, load_kinds(settings.kinds_folders), settings))
    if rule not in known:
        near = difflib.get_close_matches(rule, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "see 'weir rules list'"
        raise WeirError(f"no rule in force has the id {rule!r}: {hint}")
