"""From manifests to models that can serve: nothing is loaded that is not what the registry's key says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from features.catalogue import Catalogue
from models.column import traits_of
from models.errors import ModelError, RegistryUnavailable
from models.registry import Manifest, Registry, refuse
from models.scorers import Declared
from models.served import SHADOW, UNTRAINED, Served

# How many of a model's checkpoints are tried, where its newest cannot be used.
_OLDER = 5


class Loading:
    """Everything raises ModelError. Until ``settle``, a registry that was away once is not asked again: a worker
    starts without it, and tries again later."""

    def __init__(self, registry: Registry, catalogues: Mapping[str, Catalogue], declared: Declared) -> None:
        self._registry = registry
        self._catalogues = catalogues
        self._declared = declared
        self._settled = False
        self._away: RegistryUnavailable | None = None

    def settle(self) -> None:
        self._settled = True

    def untrained(self, kind: str, name: str) -> Served:
        fresh = self._declared.fresh(kind, name)
        return Served(name, UNTRAINED, SHADOW, fresh, share=self._declared.models[kind][name].share)

    def newest(self, model: str) -> Sequence[Manifest]:
        """Some of its newest checkpoints, and those that are kept for good."""
        return self._registry.list(model, newest=_OLDER)

    def load(self, manifest: Manifest, kind: str) -> Served:
        """``kind``: the one that it is to serve."""
        refuse(manifest, self._catalogues[kind])
        self._check_away()
        try:
            scorer = self._registry.load(manifest)
        except RegistryUnavailable as error:
            self._away = error
            raise
        traits = traits_of(scorer)
        if traits is None:
            raise ModelError(f"checkpoint of {manifest.model}: it raises when it is asked what it reads")
        if not set(traits.inputs) <= set(manifest.inputs):
            raise ModelError(
                f"checkpoint of {manifest.model}: its manifest does not name all that it reads, so nobody can tell "
                "whether that is still the same: start the model anew"
            )
        declared = self._declared.models[kind].get(manifest.spec)
        share = 1.0 if declared is None else declared.share
        return Served(
            manifest.model, manifest.version, SHADOW, scorer, manifest.calibration, manifest.thresholds, share
        )

    def pinned(self, kind: str, model: str, version: str) -> dict[str, Served]:
        """This version, and those of the models that it stacked then, and so on."""
        pinned: dict[str, Served] = {}
        wanted = [(model, version, "")]
        while wanted:
            name, used, why = wanted.pop()
            if name in pinned:
                continue
            if used == UNTRAINED:
                pinned[name] = self.untrained(kind, name)
                continue
            manifest = self._find(name, used)
            if manifest is None:
                raise ModelError(f"{name}@{used}{why} is not in the registry: see 'weir models list'")
            pinned[name] = self.load(manifest, kind)
            wanted += [(*below, f", which {name}@{used} stacks,") for below in manifest.stacked.items()]
        return pinned

    def _find(self, model: str, version: str) -> Manifest | None:
        self._check_away()
        try:
            return self._registry.find(model, version)
        except RegistryUnavailable as error:
            self._away = error
            raise

    def _check_away(self) -> None:
        if self._away is not None and not self._settled:
            raise RegistryUnavailable(str(self._away))
