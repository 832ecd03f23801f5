"""``weir rules history``: what was in force when, put there by whom, and why."""

from __future__ import annotations

import click
from rich.table import Table

from features.event import to_rfc3339
from streams.cli.rules.shipping import all_catalogues, kinds_of, shelf_now
from streams.cli.signed import AS_JSON, show_json, show_table
from streams.settings import load_settings


@click.command()
@click.option("--kind", "kinds", multiple=True, help="Only this kind; may be repeated.")
@AS_JSON
def history(kinds: tuple[str, ...], as_json: bool) -> None:
    """Show what was in force when, the newest first: at most the last 100 changes of each kind.

    Times are the brokers'. Where nothing was published, that which ships with the workers is in force; the hash shown
    for it is that of the rulebook and the rulebook_folders here.
    """
    settings, known = load_settings(), all_catalogues()
    shelf = shelf_now(settings, known)
    table = Table("kind", "when", "bundle", "", "before", "by", "note", show_edge=False)
    told = []
    for kind in kinds_of(kinds, known):
        now = shelf.now(kind)
        if now.fault:
            click.echo(f"{kind}: workers cannot take what is published: {now.fault}", err=True)
        if now.seen is None:
            table.add_row(kind, "", now.hash, "in force", "", "", "what ships")
        for number, one in enumerate(now.history):
            place = "in force" if number == 0 else ""
            what = f"rollback {one.note}".strip() if one.rollback else one.note
            table.add_row(kind, to_rfc3339(one.at_ms), one.hash, place, one.replaced, one.by, what)
        told.append({"kind": kind, "in_force": now.hash, "shipped": now.seen is None, "history": now.history})
    if as_json:
        show_json(told)
    else:
        show_table(table)
