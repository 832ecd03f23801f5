"""`weir enforcements`: what is enforced at present, against one target or all, and what changes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import click
import msgspec

from features.event import LAST_MS, to_rfc3339
from streams.cli.kafka import KafkaAway, await_kafka, quiet_admin
from streams.clients.enforcement import EnforcementClient, EnforcementsAway
from streams.enforcement.record import Enforced, split_key
from streams.settings import load_settings
from streams.topics import ENFORCEMENTS


@click.group()
def enforcements() -> None:
    """What is enforced at present, as `weir enforcer` keeps it in Kafka."""


@enforcements.command()
@click.option("--follow/--once", default=True, show_default=True, help="Go on with what changes, or end.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object a line.")
def tail(follow: bool, as_json: bool) -> None:
    """Print every target that something is enforced against, then, as it comes, what changes; ends with Ctrl-C.

    A change is a new decision that counts, a correction, or an end by the clock.
    """
    with _client() as client:
        for entity, value, counts in sorted(client.enforced(), key=lambda one: one[:2]):
            click.echo(_line(entity, value, counts, client.decisions(entity, value), as_json))
        if not follow:
            return
        try:
            for change in client.changes():
                click.echo(_line(*change, as_json))
        except KeyboardInterrupt:
            return


@enforcements.command()
@click.argument("target", metavar="ENTITY=VALUE")
@click.option("--json", "as_json", is_flag=True, help="A JSON object.")
@click.pass_context
def show(ctx: click.Context, target: str, as_json: bool) -> None:
    """Print what is enforced against one target, as in account=ada, with all decisions; exit code 1 if nothing is."""
    named = split_key(target)
    if named is None or not all(named):
        raise click.BadParameter(f"{target!r}: name a target as entity=value, as in account=ada")
    with _client() as client:
        counts, decisions = client.strongest(*named), client.decisions(*named)
        click.echo(_line(*named, counts, decisions, as_json))
        if not as_json:
            for one in decisions:
                click.echo(f"  {_words(one)}: {_safe(one.kind)} decision {_safe(one.decision)}{_beside(one)}")
    ctx.exit(0 if counts is not None else 1)


@contextmanager
def _client() -> Iterator[EnforcementClient]:
    settings = load_settings()
    await_kafka(quiet_admin(settings), settings.kafka)
    try:
        with EnforcementClient(settings.kafka, settings.topic(ENFORCEMENTS), wait_s=5) as client:
            client.read_to_end()
            yield client
    except EnforcementsAway as error:
        raise KafkaAway(str(error)) from None


def _line(entity: str, value: str, counts: Enforced | None, decisions: tuple[Enforced, ...], as_json: bool) -> str:
    if as_json:
        told = {
            "entity": entity,
            "value": value,
            "action": counts.action if counts is not None else None,
            "expires_at": None if counts is None or counts.expires_ms is None else _moment(counts.expires_ms),
            "decisions": decisions,
        }
        return msgspec.json.encode(told).decode()
    what = "nothing" if counts is None else _words(counts)
    return f"{_safe(entity)}={_safe(value)}: {what}"


def _words(one: Enforced) -> str:
    return f"{one.action} " + ("until corrected" if one.expires_ms is None else f"until {_moment(one.expires_ms)}")


def _beside(one: Enforced) -> str:
    correction = "" if one.correction is None else f", as corrected by {_safe(one.correction)}"
    return correction + ("" if one.holds(int(time.time() * 1000)) else ", expired")


def _moment(time_ms: int) -> str:
    return to_rfc3339(min(time_ms, LAST_MS))


def _safe(text: str) -> str:
    """Anybody's text for a terminal: what is not printable is escaped."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
