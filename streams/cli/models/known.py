"""What the commands about models have in common: the registry, what control says of models, how one names one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

import click

from features.catalogue import Catalogue
from models.errors import ModelError
from models.registry import Manifest, Registry, decode_manifest
from models.scorers import Declared
from streams.champions import Champion
from streams.cli.control import control_now
from streams.cli.features.known import catalogues_of
from streams.declared import declared_models
from streams.promotion import Standing, standing_of
from streams.served_models import MODEL_KEY
from streams.settings import Settings

_ALONE = 4


@dataclass(frozen=True, slots=True)
class Known:
    """``newest``: by model, its newest checkpoint that control tells of and the registry has signed."""

    settings: Settings
    catalogues: Mapping[str, Catalogue]
    declared: Declared
    registry: Registry
    control: Mapping[str, bytes]
    newest: Mapping[str, Manifest]

    def kinds(self, wanted: str | None) -> list[str]:
        """This kind, or all; raises UsageError for one that there is not."""
        if wanted is not None and wanted not in self.catalogues:
            raise click.UsageError(f"there is no kind {wanted!r}: there are {', '.join(sorted(self.catalogues))}")
        return sorted(self.catalogues) if wanted is None else [wanted]

    def standing(self, kind: str) -> Standing:
        return standing_of(kind, self.control, self.declared.champion(kind))

    def models(self, kind: str) -> list[str]:
        """All that are declared, or learned somewhere."""
        told = {name for name, manifest in self.newest.items() if manifest.kind == kind}
        return sorted({*self.declared.models[kind], *told})

    def found(self, word: str) -> tuple[Champion, Manifest]:
        """The model that somebody means by ``model`` (its newest checkpoint) or ``model@version`` (or its beginning).

        Raises ModelError.
        """
        model, at, beginning = word.partition("@")
        if not at:
            manifest = self.newest.get(model)
            if manifest is None:
                raise ModelError(f"{model!r} has no checkpoint yet: 'weir models list' shows those that there are")
            return Champion(model), manifest
        # By the names of files: a command must not read thousands of manifests to find one.
        fitting = self.registry.versions(model, beginning)
        if len(fitting) != 1 or len(beginning) < _ALONE:
            what = "no version" if not fitting else f"{len(fitting)} versions, or too short a name,"
            raise ModelError(f"the registry has {what} of {model!r} that begins with {beginning!r}")
        manifest = self.registry.find(model, fitting[0])
        if manifest is None:
            why = [f"{name}: {why}" for name, why in self.registry.passed_over.items() if fitting[0] in name]
            raise ModelError(f"{model}@{fitting[0]} cannot be used: {'; '.join(why) or 'it is gone by now'}")
        return Champion(model, fitting[0]), manifest


def known(settings: Settings) -> Known:
    """Raises KafkaAway, ModelError."""
    catalogues = catalogues_of(None)
    control = control_now(settings)
    registry = Registry(settings.registry, settings.registry_key_file)
    newest = dict(_newest(control, registry))
    return Known(settings, catalogues, declared_models(settings, catalogues), registry, control, newest)


def _newest(control: Mapping[str, bytes], registry: Registry) -> Iterator[tuple[str, Manifest]]:
    """What is no checkpoint, another model's, or signed by another, workers refuse and report; here it is passed
    over."""
    for key, value in control.items():
        if key.startswith(MODEL_KEY):
            with suppress(ModelError):
                manifest = decode_manifest(value)
                registry.verify(manifest)
                if f"{MODEL_KEY}{manifest.model}" == key:
                    yield manifest.model, manifest
