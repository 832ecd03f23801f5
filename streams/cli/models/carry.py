"""``weir models export`` and ``import``: a model in one file, from one registry to another, or to MLflow."""

from __future__ import annotations

from pathlib import Path

import click

from models.errors import ModelError
from models.registry import Registry, refuse
from streams.cli.features.known import catalogues_of
from streams.cli.models.known import known
from streams.settings import load_settings

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("model")
@click.argument("out", type=_FILE, required=False)
@click.option("--state", is_flag=True, help="In OUT also what it needs to go on learning where it stopped.")
@click.option("--mlflow", "tracking_uri", metavar="URI", help="Export to this MLflow tracking store.")
@click.option("--experiment", default="weir", show_default=True, help="MLflow's experiment; made if it is not there.")
def export(model: str, out: Path | None, state: bool, tracking_uri: str | None, experiment: str) -> None:
    """Write MODEL (its newest checkpoint) or MODEL@VERSION, with all that it stacks, to the archive OUT.

    It is signed by this registry's key: whoever imports it elsewhere needs that key. With --mlflow it goes to an
    MLflow tracking store as a run: its figures, its card, and the archive itself.
    """
    if out is None and tracking_uri is None:
        raise click.UsageError("say where to: OUT, an archive, or --mlflow URI")
    if state and out is None:
        raise click.UsageError("--state is for an archive: name OUT")
    now = known(load_settings())
    champion, manifest = now.found(model)
    name = f"{champion.model}@{manifest.version}"
    if out is not None:
        if out.exists():
            raise ModelError(f"{out} exists: name a new file")
        now.registry.export(manifest, out, state=state)
        click.echo(f"{out}: {name}, {out.stat().st_size:,} bytes")
    if tracking_uri is not None:
        # Only who exports there has MLflow, which takes seconds to load.
        from models.registry.mlflow import export_to_mlflow

        run = export_to_mlflow(now.registry, manifest, tracking_uri, experiment)
        click.echo(f"experiment {experiment}, run {run}: {name}")


@click.command("import")
@click.argument("archive", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--key", type=_FILE, help="The key file of the registry that exported it, if it is another one.")
def import_(archive: Path, key: Path | None) -> None:
    """Take a model from ARCHIVE into the registry; nothing of it runs before its signature is proven.

    It is kept for good, and scores once it is promoted: 'weir models promote MODEL@VERSION'.
    """
    settings = load_settings()
    registry = Registry(settings.registry, settings.registry_key_file)
    manifest = registry.import_archive(archive, key)
    click.echo(f"{manifest.model}@{manifest.version} is in the registry.")
    catalogues = catalogues_of(None)
    if manifest.kind not in catalogues:
        raise ModelError(f"there is no kind {manifest.kind!r} here: see the setting kinds_folders")
    refuse(manifest, catalogues[manifest.kind])
