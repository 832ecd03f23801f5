"""``weir rules publish``: checks, tests and hashes what is written, and puts it in force on every worker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import click

from features.catalogue import Catalogue
from models.bundle import RULEBOOK, Bundle
from models.errors import RuleError
from streams.bundles.compare import differences
from streams.bundles.folders import bundles_alone, shipped_bundles
from streams.bundles.live_lists import live_lists
from streams.bundles.shelf import BundleShelf, Now
from streams.bundles.ship import Change, ship
from streams.bundles.wire import encode_bundle
from streams.cli.control import control_now
from streams.cli.rules.shipping import ALONE, AUTHOR, all_catalogues, kinds_of
from streams.settings import load_settings


@click.command()
@click.option("--kind", "kinds", multiple=True, help="Only this kind; may be repeated. Default: all kinds.")
@click.option(
    "--folder",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A folder of rules, in place of the setting rulebook_folders; may be repeated.",
)
@ALONE
@click.option("--note", help="What changes and why, for those who look at the history later.")
@AUTHOR
@click.option("--dry-run", is_flag=True, help="Check and say what would change; send nothing.")
def publish(
    kinds: tuple[str, ...], folders: tuple[Path, ...], alone: bool, note: str | None, author: str, dry_run: bool
) -> None:
    """Put rules and policies in force on all workers, without a restart.

    Reads the rulebook that ships and the folders, runs every rule's cases, and shows what changes against what is in
    force. A mistake is told with file, line and column, and nothing is sent. Otherwise all kinds that change are sent
    at once; workers swap between two micro-batches, within two seconds.
    """
    if not note and not dry_run:
        raise click.UsageError("--note is missing: say what changes and why")
    settings, known = load_settings(), all_catalogues()
    wanted = kinds_of(kinds, known)
    control = control_now(settings)
    with live_lists(control, (*(() if alone else (RULEBOOK,)), *(folders or settings.rulebook_folders))) as all_paths:
        bundles = _read(known, wanted, all_paths if alone else all_paths[1:], named=kinds, alone=alone)
    shelf = BundleShelf(known, control, settings.rulebook_folders)
    changes = [
        Change(hash=bundle.hash, value=encode_bundle(bundle), now=now)
        for now, bundle in _compared(shelf, bundles.values())
        if bundle.hash != now.hash or now.fault
    ]
    if not changes:
        click.echo("Nothing changes: nothing is sent.")
        return
    if dry_run:
        click.echo("A dry run: nothing is sent.")
        return
    for kind, current in ship(settings, changes, by=author, note=note or "").items():
        click.echo(f"{kind}: {current.hash} is in force.")
    click.echo("To go back: weir rules rollback")


def _read(
    known: Mapping[str, Catalogue], wanted: Sequence[str], paths: Sequence[Path], *, named: Sequence[str], alone: bool
) -> dict[str, Bundle]:
    """What the folders say of the wanted kinds; ``named``: those that somebody asked for by name."""
    if not alone:
        found = shipped_bundles(known, paths)
        return {kind: found[kind] for kind in wanted}
    if not paths:
        raise click.UsageError("--alone: name the folder that holds everything, with --folder")
    # A kind of which these folders say nothing shall not lose all its rules.
    spoken = [kind for kind in wanted if any((path / kind).is_dir() for path in paths)]
    if not spoken or (named and spoken != list(wanted)):
        raise click.UsageError(f"--alone: the folders say nothing of {', '.join(set(wanted) - set(spoken))}")
    return bundles_alone({kind: known[kind] for kind in spoken}, paths)


def _compared(shelf: BundleShelf, bundles: Iterable[Bundle]) -> list[tuple[Now, Bundle]]:
    """Each with how its kind stands; tells what changes."""
    compared = [(shelf.now(bundle.text.kind), bundle) for bundle in bundles]
    for now, bundle in compared:
        rules = len(bundle.engine.rules)
        cases = sum(len(rule.cases) for rule in bundle.engine.rules)
        head = f"{now.kind}: {rules} rules, {cases} cases hold"
        if bundle.hash == now.hash and not now.fault:
            click.echo(f"{head}; {now.hash} is in force already")
            continue
        click.echo(f"{head}; {now.hash} -> {bundle.hash}")
        for line in _changes(shelf, now, bundle):
            click.echo(f"  {line}")
    return compared


def _changes(shelf: BundleShelf, now: Now, bundle: Bundle) -> list[str]:
    try:
        return differences(shelf.record(now.hash).text, bundle.text)
    except RuleError as error:
        # What is in force may be broken, and this is how it is mended.
        return [f"what is in force cannot be compared: {error}"]
