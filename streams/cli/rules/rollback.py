"""``weir rules rollback``: an earlier bundle is in force again."""

from __future__ import annotations

import click

from features.errors import WeirError
from models.errors import RuleError
from streams.bundles.history import before, shipped_together
from streams.bundles.shelf import BundleShelf
from streams.bundles.ship import Change, ship
from streams.bundles.wire import Current
from streams.cli.rules.shipping import SHIPPED, all_catalogues, kinds_of, named, shelf_now
from streams.cli.signed import AUTHOR
from streams.settings import load_settings


@click.command()
@click.option("--kind", "kinds", multiple=True, help="Only this kind; may be repeated.")
@click.option("--to", "word", help="The hash (or its beginning), or 'shipped'. Default: the bundle before.")
@click.option("--note", default="", help="Why, for those who look at the history later.")
@AUTHOR
@click.option("--dry-run", is_flag=True, help="Say what would be in force; send nothing.")
def rollback(kinds: tuple[str, ...], word: str | None, note: str, author: str, dry_run: bool) -> None:
    """Put an earlier bundle in force again, on all workers.

    Without --kind: all kinds that the newest publication or rollback changed together. A second rollback goes still
    further back, never forward again to what was rolled back.
    """
    settings, known = load_settings(), all_catalogues()
    wanted = kinds_of(kinds, known)
    shelf = shelf_now(settings, known)
    if word is not None:
        if word == SHIPPED and not kinds:
            raise click.UsageError("--to shipped: say of which --kind")
        targets = {kind: one.hash for kind, one in named(word, shelf, known, wanted).items()}
    else:
        targets = _before(shelf, wanted, chosen=bool(kinds))
    changes = []
    for kind, target in targets.items():
        now = shelf.now(kind)
        if target == now.hash:
            click.echo(f"{kind}: {target} is in force already")
            continue
        # Not with something that workers would refuse.
        shelf.get(kind, target)
        click.echo(f"{kind}: {now.hash} -> {target}")
        changes.append(Change(hash=target, value=shelf.value(target), now=now))
    if dry_run or not changes:
        click.echo("Nothing is sent.")
        return
    for kind, current in ship(settings, changes, by=author, note=note, rollback=True).items():
        click.echo(f"{kind}: {current.hash} is in force.")


def _before(shelf: BundleShelf, wanted: list[str], *, chosen: bool) -> dict[str, str]:
    """By kind, the hash of the bundle before."""
    currents: dict[str, Current] = {}
    for kind in wanted:
        now = shelf.now(kind)
        if now.history:
            currents[kind] = Current(hash=now.hash, history=now.history)
        elif now.seen is not None:
            raise RuleError(f"{kind}: its history cannot be read: say with --kind and --to what shall be in force")
        elif chosen:
            raise WeirError(f"{kind}: nothing was published yet, so there is nothing before what ships")
    if not currents:
        raise WeirError("nothing was published yet, so there is nothing before what ships")
    targets = {}
    for kind in sorted(currents) if chosen else shipped_together(currents):
        target = before(currents[kind])
        if target is None:
            raise WeirError(f"{kind}: nothing older is known: say with --to what shall be in force")
        targets[kind] = target
    return targets
