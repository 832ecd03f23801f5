"""``weir features inspect``: what is known of an actor."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.table import Table

from features.aggregations.state import NEWEST, OLDEST
from features.event import to_milliseconds, to_rfc3339
from features.known import Knowledge, KnownFeature
from features.store.redis import RedisStore
from streams.cli.features.actor import NAMED, Actor, actors, held, with_store
from streams.cli.features.known import catalogues_of
from streams.settings import load_settings


class Known(msgspec.Struct, frozen=True):
    """What one kind's events have left. Times are event times; None: it was not seen for longer than its horizon
    before that time, and what is held counts no more. ``bytes``: of Redis, with key and entries."""

    kind: str
    value: str
    first_seen: str | None
    last_seen: str | None
    expires_in_s: float | None
    bytes: int | None
    features: list[KnownFeature]


@click.command()
@NAMED
@click.option("--kind", help="Only what this kind's events have left.")
@click.option("--at", metavar="TIME", help="Read as of this time, as in 2026-11-21T05:00:00Z; by default now.")
@click.option("--json", "as_json", is_flag=True, help="One object.")
@click.pass_context
def inspect(ctx: click.Context, entity: str, kind: str | None, at: str | None, as_json: bool) -> None:
    """Show what is known of an actor, as in account=ada or ip=192.0.2.1; exit code 1 if it is nothing.

    The value is the one that verdicts show: an address in its usual form, a subnet as 192.0.2.0/24, a network as its
    number. Other spellings of addresses, mailboxes and domains are understood. Every feature is what an event at
    that time would find, itself not counted; what only an event could tell shows what it would be compared with.
    Features that a kind reads from another one are shown there. Values in sets are kept as hashes: there are only
    numbers of them.
    """
    at_ms = int(time.time() * 1000) if at is None else _milliseconds(at)
    settings = load_settings()
    found = actors(entity, catalogues_of(kind))

    async def read(store: RedisStore) -> list[Known]:
        return [known for actor in found if (known := await _read(store, actor, at_ms)) is not None]

    known = with_store(settings, read)
    if as_json:
        answer: dict[str, Any] = {"entity": entity.partition("=")[0], "at": to_rfc3339(at_ms), "kinds": known}
        click.echo(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode())
    else:
        _show(found, known, at_ms)
    ctx.exit(0 if any(one.last_seen for one in known) else 1)


async def _read(store: RedisStore, actor: Actor, at_ms: int) -> Known | None:
    knowledge = Knowledge(actor.catalogue, actor.entity)
    reading = await store.look(knowledge.plan, actor.digest, at_ms)
    tallies = await store.look(knowledge.tallies, actor.digest, at_ms)
    there = await held(store, actor)
    expires_in_s = None if there is None else round(there.life_ms / 1000, 1)
    size = None if there is None else there.size
    if reading is None or tallies is None:
        return None if there is None else Known(actor.kind, actor.value, None, None, expires_in_s, size, [])
    first, last = to_rfc3339(reading[OLDEST]), to_rfc3339(reading[NEWEST])
    features = knowledge.features(reading, tallies, at_ms)
    return Known(actor.kind, actor.value, first, last, expires_in_s, size, features)


def _milliseconds(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.UsageError(f"--at: {text!r} is no time such as 2026-11-21T05:00:00Z") from None
    return to_milliseconds(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))


def _show(found: list[Actor], known: list[Known], at_ms: int) -> None:
    console = Console()
    if not console.is_terminal:
        console.width = 160
    at = to_rfc3339(at_ms)
    there = {one.kind: one for one in known}
    for actor in found:
        name, one = f"{actor.kind}: {actor.entity}={actor.value}", there.get(actor.kind)
        if one is None:
            console.print(f"{name}: nothing is known", markup=False, highlight=False)
            continue
        stay = "" if one.expires_in_s is None else f"; {one.bytes:,} bytes, gone in {_duration(one.expires_in_s)}"
        if one.last_seen is None:
            said = f"{name}: not seen for so long before {at} that nothing of it counts (--at TIME looks back){stay}"
        else:
            said = f"{name}: first seen {one.first_seen}, last seen {one.last_seen}, read as of {at}{stay}"
        console.print(said, markup=False, highlight=False, soft_wrap=True)
        if one.last_seen is not None:
            if one.last_seen > at:
                console.print("That time is before it was last seen: windows end there.", highlight=False)
            console.print(_table(one.features), highlight=False)


def _table(features: list[KnownFeature]) -> Table:
    table = Table("feature", "value", "what it says", show_edge=False)
    for one in features:
        table.add_row(one.name, _value(one), one.sentence)
    return table


def _value(one: KnownFeature) -> str:
    if one.value is not None:
        return f"{one.value:.10g}" + ("" if one.unit == "1" else f" {one.unit}")
    parts = []
    for of, told in (one.compared_with or {}).items():
        if of == "last":
            parts.append(f"last at {told['latitude']:.4f}, {told['longitude']:.4f} on {told['time']}")
        else:
            events = f" in {told['events']} events" if "events" in told else ""
            parts.append(f"{told['values']} of at most {told['of_at_most']} values of {of}{events}")
    return "; ".join(parts) or "nothing to compare with"


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    days, hours = divmod(minutes // 60, 24)
    return f"{days} d {hours} h" if days else f"{hours} h {minutes % 60} min"
