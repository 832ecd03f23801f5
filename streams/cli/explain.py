"""``weir explain``: why a decision was made, in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from features.catalogue import Catalogue
from streams.cli.control import log_to_stderr
from streams.cli.features.known import catalogues_of
from streams.cli.plain import plain
from streams.cli.recorded_bundles import RULES, RecordedBundles
from streams.cli.signed import AS_JSON, show_json
from streams.declared import declared_models
from streams.elastic import make_client
from streams.explain.elastic import ElasticRecords
from streams.explain.explanation import explain as explained
from streams.explain.file import FileRecords
from streams.explain.find import find, why_not_one
from streams.explain.private import text_reader
from streams.explain.records import Records
from streams.explain.words import lines
from streams.offline.verify import ModelVersions
from streams.settings import Settings, load_settings

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("id")
@click.option("--source", help="The event's source, where ID is an event's id that several sources use.")
@click.option("--kind", help="The event's kind, where ID is an event's id that several kinds use.")
@click.option("--file", type=_FILE, help="A file of verdicts, one JSON a line (also .gz), instead of Elasticsearch.")
@click.option(
    "--text",
    is_flag=True,
    help="Also which words of the event's private text mattered: read from Kafka while it retains the event, and "
    "stored nowhere.",
)
@RULES
@AS_JSON
@click.pass_context
def explain(
    ctx: click.Context,
    id: str,
    source: str | None,
    kind: str | None,
    file: Path | None,
    text: bool,
    rules: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Say in words why the decision ID was made; ID may also be the id of its event.

    Each rule that fired with what it observed and its limits, what the policy made of rules and score, the largest
    contributions to the models' scores while the registry has these versions, what almost fired, and the verdicts
    about the same target within 24 hours. Exit code 1 if there is no such verdict, or several.
    """
    settings, catalogues = load_settings(), catalogues_of(None)
    if kind is not None:
        catalogues_of(kind)
    with _records(settings, catalogues, file) as records:
        found = find(records, id, source, kind)
        if len(found) != 1:
            where = "Elasticsearch" if file is None else str(file)
            click.echo(f"weir explain: {plain(why_not_one(found, where))}", err=True)
            ctx.exit(1)
        versions = ModelVersions(settings.registry, declared_models(settings, catalogues), settings.registry_key_file)
        bundles = RecordedBundles(settings, catalogues, rules, required=False)
        catalogue = catalogues.get(found[0].data.event.kind)
        words = None
        if text and catalogue is not None:
            log_to_stderr()
            words = text_reader(settings, catalogue.kind, found[0], records.origin)
        told = explained(found[0], records, catalogues, bundles.get, versions, words)
    if as_json:
        show_json(told)
        return
    for line in lines(told):
        click.echo(plain(line))


@contextmanager
def _records(settings: Settings, catalogues: dict[str, Catalogue], file: Path | None) -> Iterator[Records]:
    if file is not None:
        yield FileRecords(file)
        return
    client = make_client(settings)
    try:
        yield ElasticRecords(client, settings, {name: catalogue.kind for name, catalogue in catalogues.items()})
    finally:
        client.close()
