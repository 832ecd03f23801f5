"""``weir rules publish``: checks, tests and hashes what is written, and puts it in force on every worker."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from models.bundle import Bundle
from models.errors import RuleError
from streams.bundles.compare import differences
from streams.bundles.shelf import BundleShelf, Now
from streams.bundles.ship import Change, ship
from streams.bundles.wire import encode_bundle
from streams.cli.control import control_now
from streams.cli.rules.reading import check_folders, read_folders
from streams.cli.rules.shipping import all_catalogues, kinds_of
from streams.cli.rules.written import ALONE
from streams.cli.signed import AUTHOR
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

    Reads the rulebook that ships and the folders, refuses what 'weir rules check' refuses, and shows what changes
    against what is in force. All kinds that change are sent at once; workers swap between two micro-batches, within
    two seconds.
    """
    if not note and not dry_run:
        raise click.UsageError("--note is missing: say what changes and why")
    settings, known = load_settings(), all_catalogues()
    wanted = kinds_of(kinds, known)
    paths = folders or settings.rulebook_folders
    if alone and not paths:
        raise click.UsageError("--alone: name the folder that holds everything, with --folder")
    control = control_now(settings)
    check_folders(control, paths, alone=alone)
    read = read_folders(known, control, paths, alone=alone)
    if missing := sorted(set(kinds) - read.keys()):
        raise click.UsageError(f"--alone: the folders say nothing of {', '.join(missing)}")
    shelf = BundleShelf(known, control, settings.rulebook_folders)
    changes = [
        Change(hash=bundle.hash, value=encode_bundle(bundle), now=now)
        for now, bundle in _compared(shelf, [read[kind] for kind in wanted if kind in read])
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
