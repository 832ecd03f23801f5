"""``weir models check``: whether a model of one's own keeps to what every model must keep to."""

from __future__ import annotations

from pathlib import Path

import click

from models.scorers import Declared
from models.scorers.checks import check as checked
from models.scorers.folders import load_model
from streams.cli.features.known import catalogues_of
from streams.settings import load_settings


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_context
def check(ctx: click.Context, file: Path) -> None:
    """Try the model that FILE declares on made-up events: range, repetition, learning, checkpoints, size and cost.

    Exit code 1, with what is wrong and what to do, if it fails.
    """
    model = load_model(file)
    catalogues = catalogues_of(None)
    # Refuses what no worker would take either.
    Declared(catalogues, load_settings().min_labels, [model])
    wrong = checked(model, catalogues[model.kind].names)
    for words in wrong:
        click.echo(f"{file}: {words}")
    if wrong:
        ctx.exit(1)
    click.echo(f"{model.name}: everything holds. Put {file.name} into a folder of models_folders, and it learns.")
