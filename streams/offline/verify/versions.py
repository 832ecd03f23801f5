"""The models that scored, by the version that a verdict names: as long as the registry keeps them."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

from models.errors import ModelError
from models.registry import Registry
from models.scorers import Declared
from models.served import SHADOW, UNTRAINED, Served

_HELD = 64


class ModelVersions:
    """Versions are loaded once and held while they are in use, at most 64.

    ``gone``: by model, the versions that were asked for and are not there; ``faults``: those that are there and
    cannot be used, with the reason.
    """

    def __init__(self, registry: str | Path, declared: Declared, key_file: Path | None = None) -> None:
        # A registry that is opened is made; asking must not make one.
        self._registry = Registry.existing(registry, key_file)
        self._declared = declared
        self._held: OrderedDict[tuple[str, str, str], Served | None] = OrderedDict()
        self.gone: dict[str, set[str]] = {}
        self.faults: dict[str, str] = {}

    def get(self, kind: str, model: str, version: str) -> Served | None:
        """The model as it scored, in shadow; None: it is gone."""
        key = (kind, model, version)
        if key in self._held:
            self._held.move_to_end(key)
            return self._held[key]
        served = self._load(kind, model, version)
        if served is None:
            self.gone.setdefault(model, set()).add(version)
        self._held[key] = served
        if len(self._held) > _HELD:
            self._held.popitem(last=False)
        return served

    def _load(self, kind: str, model: str, version: str) -> Served | None:
        try:
            if version == UNTRAINED:
                return Served(model, version, SHADOW, self._declared.fresh(kind, model))
            manifest = None if self._registry is None else self._registry.find(model, version)
            if self._registry is None or manifest is None:
                self._note_faults(model, version)
                return None
            scorer = self._registry.load(manifest)
        except ModelError as error:
            self.faults[f"{model}@{version}"] = str(error)
            return None
        return Served(model, version, SHADOW, scorer, manifest.calibration, manifest.thresholds)

    def _note_faults(self, model: str, version: str) -> None:
        """What lies there under this version's name and is no manifest that could be trusted."""
        found = {} if self._registry is None else self._registry.passed_over
        for name, why in found.items():
            if f"/{model}/" in name and version in name:
                self.faults[f"{model}@{version}"] = why
