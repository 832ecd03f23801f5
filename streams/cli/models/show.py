"""``weir models show``: a model's card."""

from __future__ import annotations

import click

from models.registry.card import card
from streams.cli.models.known import known
from streams.cli.plain import plain
from streams.cli.signed import AS_JSON, show_json
from streams.settings import load_settings


@click.command()
@click.argument("model")
@AS_JSON
def show(model: str, as_json: bool) -> None:
    """Show the card of MODEL (its newest checkpoint) or MODEL@VERSION (or the version's beginning), in Markdown.

    What it is and reads, what it learned from, how good it was, its calibration and thresholds, its limits. With
    --json the manifest itself.
    """
    manifest = known(load_settings()).found(model)[1]
    if as_json:
        show_json(manifest)
        return
    for line in card(manifest).splitlines():
        click.echo(plain(line))
