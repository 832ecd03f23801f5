"""The models that score, kind by kind: those that the control topic names, else untrained ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress

import msgspec
import structlog

from features.catalogue import Catalogue
from models.errors import ModelError
from models.registry import Manifest, Registry, refuse
from models.scorers import Declared
from models.served import SHADOW, UNTRAINED, Served
from streams import metrics
from streams.champions import CHAMPION_KEY, parse_champion
from streams.kind_models import MISSING, KindModels

log = structlog.get_logger()
MODEL_KEY = "model/"
# How many of a model's checkpoints are tried, where its newest cannot be used.
_OLDER = 5


class ServedModels:
    """All kinds' models, following the control topic. ``put`` gets a kind and its models whenever they change."""

    def __init__(
        self,
        registry: Registry,
        catalogues: Mapping[str, Catalogue],
        declared: Declared,
        put: Callable[[str, tuple[Served, ...]], None],
    ) -> None:
        self._registry = registry
        self._catalogues = catalogues
        self._declared = declared
        self._settled = False
        self.kinds = {kind: self._kind(kind, put) for kind in catalogues}

    def _kind(self, kind: str, put: Callable[[str, tuple[Served, ...]], None]) -> KindModels:
        fresh = {name: self._untrained(kind, name) for name in self._declared.models[kind]}
        models = KindModels(fresh, self._declared.champion(kind), lambda served: put(kind, served))
        models.crown(None, {})
        return models

    def _untrained(self, kind: str, name: str) -> Served:
        share = self._declared.models[kind][name].share
        return Served(name, UNTRAINED, SHADOW, self._declared.fresh(kind, name), share=share)

    def on_control(self, key: str, value: bytes | None) -> None:
        """Take one change of the control topic; what cannot be used is reported, and the old one stays."""
        name = key.partition("/")[2]
        try:
            if key.startswith(CHAMPION_KEY):
                self._take_champion(name, value)
            elif key.startswith(MODEL_KEY):
                self._take_model(name, value)
        except (ModelError, msgspec.MsgspecError, UnicodeError) as error:
            metrics.MODEL_FAULTS.labels(name).inc()
            log.error("model_refused", key=key, why=str(error), doing="the running one stays")

    def _take_model(self, name: str, value: bytes | None) -> None:
        if value is None:
            kind = self.kinds.get(name.partition(".")[0])
            if kind is not None:
                kind.drop(name)
            return
        manifest = msgspec.json.decode(value, type=Manifest)
        if manifest.kind not in self.kinds:
            return
        models = self.kinds[manifest.kind]
        try:
            models.take(self._load(manifest))
        except ModelError:
            if not models.has_learned(manifest.model):
                self._take_older(models, manifest)
            raise
        metrics.MODEL_CHECKPOINT_TIME.labels(manifest.model).set(manifest.made_ms / 1000)

    def _take_older(self, models: KindModels, refused: Manifest) -> None:
        """Where nothing is running that could stay: the newest of the registry's checkpoints that can be used."""
        for manifest in self._registry.list(refused.model, newest=_OLDER):
            if manifest.version != refused.version and manifest.kind == refused.kind:
                with suppress(ModelError):
                    models.take(self._load(manifest))
                    log.warning("model_older", model=manifest.model, version=manifest.version)
                    return

    def settle(self) -> None:
        """Call when control was read to its end: from now on a champion that cannot be used leaves the old one."""
        self._settled = True

    def _take_champion(self, kind: str, value: bytes | None) -> None:
        models = self.kinds.get(kind)
        if models is None:
            return
        if value is None:
            models.crown(None, {})
            return
        champion = parse_champion(value)
        if champion.version is None:
            if self._settled and not models.has(champion.model):
                raise ModelError(f"there is no model {champion.model!r} here: see 'weir models list'")
            models.crown(champion.model, {})
            return
        try:
            pinned = self._pinned(kind, champion.model, champion.version)
        except ModelError:
            if not self._settled:
                # There is no old one to stay with: rather none than another than the one that was chosen.
                models.crown(champion.model, {champion.model: Served(champion.model, MISSING, SHADOW, None)})
            raise
        models.crown(champion.model, pinned)

    def _pinned(self, kind: str, model: str, version: str) -> dict[str, Served]:
        """This version, and those of the models that it stacked then."""
        manifest = self._registry.find(model, version)
        if manifest is None:
            raise ModelError(f"{model}@{version} is not in the registry: see 'weir models list'")
        pinned = {model: self._load(manifest)}
        for name, used in manifest.stacked.items():
            below = self._registry.find(name, used)
            if below is None:
                raise ModelError(f"{name}@{used}, which {model}@{version} stacks, is not in the registry")
            pinned[name] = self._load(below)
        return pinned

    def _load(self, manifest: Manifest) -> Served:
        refuse(manifest, self._catalogues[manifest.kind])
        scorer = self._registry.load(manifest)
        declared = self._declared.models[manifest.kind].get(manifest.spec)
        share = 1.0 if declared is None else declared.share
        return Served(
            manifest.model, manifest.version, SHADOW, scorer, manifest.calibration, manifest.thresholds, share
        )
