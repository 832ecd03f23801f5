"""``weir features cost``: the memory that features take, computed, and measured on request."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.table import Table

from features.catalogue import Catalogue
from features.cost import TYPICAL_EVENTS, EntityCost, costs, entity_cost
from features.errors import KindError
from streams.cli.features.known import catalogues_of
from streams.cost.measure import TAG, MeasuredRedis
from streams.cost.scratch import scratch_redis
from streams.settings import load_settings

_NOTE = (
    "Bytes of a Redis 7.0 with jemalloc, without replicas; {keys:,} keys in all, in tables of {slots:,} slots each. "
    "once: seen one time. typical: after {events} events with different values. most: every set full, every number "
    "large; no state exceeds it. Claims ({dedupe} h) and kept verdicts ({keep} s) come on top, for each event; in a "
    "cluster 16 bytes a key; and while workers with other feature definitions run, what those keep."
)


class Measured(msgspec.Struct, frozen=True):
    """``computed``: with the tables of this entity's keys alone, for so it was measured."""

    computed: float
    measured: float
    ratio: float


@click.command()
@click.option("--entities", type=click.IntRange(min=1), required=True, help="So many of each name: accounts, ips, ….")
@click.option("--kind", help="Only this kind's.")
@click.option(
    "--events-per-entity", "events", type=click.IntRange(1, 1_000_000), default=TYPICAL_EVENTS, show_default=True
)
@click.option("--measure", is_flag=True, help="Load them too, and ask Redis what they take.")
@click.option(
    "--redis", "url", metavar="URL", help="Measure in this Redis, which must be empty and is emptied again."
)
@click.option("--json", "as_json", is_flag=True, help="One object.")
def cost(entities: int, kind: str | None, events: int, measure: bool, url: str | None, as_json: bool) -> None:
    """Memory for each entity of each kind, in bytes, and in all.

    --measure starts a redis-server of its own (or takes --redis), loads that many entities of one name after the
    other, each with its events, and compares. A million entities of all names of one kind take 5 to 10 minutes
    and 2 GB of memory; --events-per-entity 1 is the quickest.
    """
    settings = load_settings()
    known = catalogues_of(kind)
    rows = costs(known.values(), entities, events, f"{settings.namespace}:{{{settings.store_shards - 1}}}:")
    if not rows:
        raise KindError("no feature of this kind needs memory: they are told by the event alone")
    measured = {}
    if measure or url is not None:
        with _server(url) as server:
            measured = _measured(server, known, rows, events)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(_told(rows, measured, events)), indent=2).decode())
        return
    console = Console()
    if not console.is_terminal:
        console.width = 160
    console.print(_table(rows), highlight=False)
    keys = sum(row.entities for row in rows)
    console.print(
        _NOTE.format(
            keys=keys,
            slots=round(rows[0].table * keys / 16),
            events=events,
            dedupe=round((settings.dedupe_s + settings.max_lag_s) / 3600),
            keep=settings.keep_s,
        ),
        highlight=False,
    )
    if measured:
        console.print(_comparison(measured), highlight=False)


@contextmanager
def _server(url: str | None) -> Iterator[MeasuredRedis]:
    if url is not None:
        with closing(MeasuredRedis(url)) as server:
            yield server
        return
    with scratch_redis() as own, closing(MeasuredRedis(own)) as server:
        yield server


def _measured(
    server: MeasuredRedis, known: Mapping[str, Catalogue], rows: Sequence[EntityCost], events: int
) -> dict[tuple[str, str], Measured]:
    """Each name by itself, in an empty server; what is there once at most is too small to measure."""
    result = {}
    for row in rows:
        if row.entities == 1:
            continue
        plan = known[row.kind].plans[row.entity]
        with click.progressbar(length=row.entities, label=f"{row.kind} {row.entity}", file=sys.stderr) as bar:
            found = server.measure(plan, row.entities, events, bar.update)
        alone = entity_cost(row.kind, row.entity, plan, row.entities, row.entities, events, TAG)
        computed = alone.whole(alone.typical)
        result[row.kind, row.entity] = Measured(round(computed, 1), round(found, 1), round(computed / found, 3))
    return result


def _table(rows: Sequence[EntityCost]) -> Table:
    table = Table("kind", "entity", "entities", "key", "expiry", "tables", show_edge=False)
    for name in ("value once", "typical", "most", "whole once", "typical", "most"):
        table.add_column(name, justify="right")
    for row in rows:
        values = (row.once, row.typical, row.most)
        wholes = [round(row.whole(value)) for value in values]
        numbers = [row.entities, row.key, row.expiry, round(row.table), *values, *wholes]
        table.add_row(row.kind, row.entity, *(f"{number:,}" for number in numbers))
    totals = [_megabytes(row_total) for row_total in _totals(rows).values()]
    table.add_section()
    table.add_row("in all", "", f"{sum(row.entities for row in rows):,}", *[""] * 6, *totals)
    return table


def _comparison(measured: Mapping[tuple[str, str], Measured]) -> Table:
    table = Table("kind", "entity", "computed", "measured", "computed/measured", show_edge=False)
    for (kind, entity), one in measured.items():
        table.add_row(kind, entity, f"{one.computed:,.0f}", f"{one.measured:,.0f}", f"{one.ratio:.3f}")
    whole = _sum(measured)
    table.add_section()
    table.add_row("one of each", "", f"{whole.computed:,.0f}", f"{whole.measured:,.0f}", f"{whole.ratio:.3f}")
    return table


def _told(rows: Sequence[EntityCost], measured: Mapping[tuple[str, str], Measured], events: int) -> dict[str, Any]:
    told = []
    for row in rows:
        one = msgspec.to_builtins(row) | {
            "entity_bytes": {name: row.whole(getattr(row, name)) for name in ("once", "typical", "most")}
        }
        if (row.kind, row.entity) in measured:
            one["measured"] = measured[row.kind, row.entity]
        told.append(one)
    answer: dict[str, Any] = {"events_per_entity": events, "entities": told, "total_bytes": _totals(rows)}
    return answer | ({"measured": _sum(measured)} if measured else {})


def _totals(rows: Sequence[EntityCost]) -> dict[str, int]:
    return {
        name: round(sum(row.entities * row.whole(getattr(row, name)) for row in rows))
        for name in ("once", "typical", "most")
    }


def _sum(measured: Mapping[tuple[str, str], Measured]) -> Measured:
    computed, found = (sum(getattr(one, name) for one in measured.values()) for name in ("computed", "measured"))
    return Measured(computed, found, round(computed / found, 3))


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
