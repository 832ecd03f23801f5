"""The bundles that verdicts name, from wherever a command can find them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from features.catalogue import Catalogue
from models.bundle import Bundle
from models.errors import RuleError
from streams.bundles.folders import bundles_alone, shipped_bundles
from streams.bundles.shelf import BundleShelf
from streams.cli.control import control_now
from streams.cli.kafka import KafkaAway, await_kafka, quiet_admin
from streams.settings import Settings

_KAFKA_WAIT_S = 3.0
RULES = click.option(
    "--rules",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    multiple=True,
    help="A folder of rules to look for bundles in, beside what ships and what was published; may be repeated.",
)


class RecordedBundles:
    """Bundles by hash: what ships, the folders that the settings or the command name, and what Kafka holds.

    Where Kafka is not ``required`` it is asked only for what is not found otherwise.
    """

    def __init__(
        self, settings: Settings, catalogues: Mapping[str, Catalogue], rules: tuple[Path, ...], *, required: bool
    ) -> None:
        self._settings = settings
        self._catalogues = catalogues
        combined = [(), settings.rulebook_folders, (*settings.rulebook_folders, *rules), rules]
        found = [shipped_bundles(catalogues, folders) for folders in dict.fromkeys(combined)]
        if rules:
            found.append(bundles_alone(catalogues, rules))
        self._here = {(kind, bundle.hash): bundle for each in found for kind, bundle in each.items()}
        self._away = ""
        self._shelf = BundleShelf(catalogues, control_now(settings), settings.rulebook_folders) if required else None

    def get(self, kind: str, bundle_hash: str) -> Bundle:
        """Raises RuleError."""
        here = self._here.get((kind, bundle_hash))
        if here is not None:
            return here
        if self._shelf is None:
            self._shelf = BundleShelf(self._catalogues, self._read_control(), self._settings.rulebook_folders)
        try:
            return self._shelf.get(kind, bundle_hash)
        except RuleError as error:
            why = f"bundle {bundle_hash} is not what ships, and {self._away}" if self._away else str(error)
            raise RuleError(f"the rules of {kind} that judged it are not found: {why}") from None

    def _read_control(self) -> Mapping[str, bytes]:
        try:
            await_kafka(quiet_admin(self._settings), self._settings.kafka, _KAFKA_WAIT_S)
            return control_now(self._settings)
        except KafkaAway as away:
            self._away = "published ones cannot be looked up"
            click.echo(f"weir: {self._away}: {away.format_message()}", err=True)
            return {}
