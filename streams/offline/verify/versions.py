"""The models that scored, by the version that a verdict names: as long as the registry keeps them."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

from models.errors import ModelError
from models.registry.folder import Registry
from models.scorers import Scorer, fresh_scorers
from models.served import UNTRAINED

_HELD = 64


class ModelVersions:
    """Versions are loaded once and held while they are in use, at most 64.

    ``gone``: by model, the versions that were asked for and are not there; ``faults``: those that are there and
    cannot be used, with the reason.
    """

    def __init__(self, registry: Path, min_labels: int) -> None:
        # A registry that is opened is made; asking must not make one.
        self._registry = Registry(registry) if registry.is_dir() else None
        self._min_labels = min_labels
        self._held: OrderedDict[tuple[str, str, str], Scorer | None] = OrderedDict()
        self.gone: dict[str, set[str]] = {}
        self.faults: dict[str, str] = {}

    def get(self, kind: str, model: str, version: str) -> Scorer | None:
        """The model as it scored; None: it is gone."""
        key = (kind, model, version)
        if key in self._held:
            self._held.move_to_end(key)
            return self._held[key]
        scorer = self._load(kind, model, version)
        if scorer is None:
            self.gone.setdefault(model, set()).add(version)
        self._held[key] = scorer
        if len(self._held) > _HELD:
            self._held.popitem(last=False)
        return scorer

    def _load(self, kind: str, model: str, version: str) -> Scorer | None:
        if version == UNTRAINED:
            return fresh_scorers(kind, self._min_labels).get(model)
        manifest = None if self._registry is None else self._registry.find(model, version)
        if self._registry is None or manifest is None:
            return None
        try:
            return self._registry.load(manifest)
        except ModelError as error:
            self.faults[f"{model}@{version}"] = str(error)
            return None
