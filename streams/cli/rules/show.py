"""``weir rules show``: a bundle's files, as people wrote them."""

from __future__ import annotations

from pathlib import Path

import click

from streams.bundles.compare import files_of
from streams.bundles.folders import write_files
from streams.cli.rules.shipping import all_catalogues, kinds_of, named, shelf_now
from streams.settings import load_settings


@click.command()
@click.argument("bundle")
@click.option("--kind", "kinds", multiple=True, help="Only this kind; may be repeated.")
@click.option("--out", type=click.Path(path_type=Path), help="Write the files into this folder instead.")
def show(bundle: str, kinds: tuple[str, ...], out: Path | None) -> None:
    """Print the files of a bundle: a hash or its beginning as verdicts name it, 'current', or 'shipped'.

    With --out they become folders of rules again, which can be edited and published with --folder and --alone.
    """
    settings, known = load_settings(), all_catalogues()
    found = named(bundle, shelf_now(settings, known), known, kinds_of(kinds, known))
    if out is not None:
        for path in write_files([one.text for one in found.values()], out):
            click.echo(str(path))
        return
    for kind, one in sorted(found.items()):
        for name, words in files_of(one.text).items():
            click.echo(f"# ---- {kind} {one.hash}: {name}")
            click.echo(words)
