"""The models that score, kind by kind: those that the control topic names, else untrained ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from threading import Lock

import msgspec
import structlog

from features.catalogue import Catalogue
from models.errors import ModelError
from models.registry import Manifest, Registry, refuse
from models.scorers import Declared
from models.served import SHADOW, UNTRAINED, Served, serve
from streams import metrics
from streams.champions import CHAMPION_KEY, parse_champion

log = structlog.get_logger()
MODEL_KEY = "model/"
MISSING = "missing"


class KindModels:
    """One kind's models. Changes come from the control reader's thread and from the event loop; ``put`` gets the
    models that are to score from then on.

    ``declared``: its untrained models by name, ``default``: the champion where nobody promoted one.
    """

    def __init__(
        self, declared: Mapping[str, Served], default: str, put: Callable[[tuple[Served, ...]], None]
    ) -> None:
        self._declared = declared
        self._newest = dict(declared)
        self._good: dict[str, Served] = {}
        self._pinned: dict[str, Served] = {}
        self._left_out: set[tuple[str, str]] = set()
        self._default = default
        self._champion = default
        self._put = put
        self._changing = Lock()

    def has(self, name: str) -> bool:
        return name in self._newest

    def take(self, model: Served) -> None:
        """A newer version of a model, or a model that was not known."""
        with self._changing:
            self._newest[model.name] = model
            self._left_out = {one for one in self._left_out if one[0] != model.name}
            self._swap()

    def drop(self, name: str) -> None:
        """A model's announcement was taken back: what is declared begins anew, and all else is gone."""
        with self._changing:
            self._newest.pop(name, None)
            self._good.pop(name, None)
            if name in self._declared:
                self._newest[name] = self._declared[name]
            self._swap()

    def crown(self, champion: str | None, pinned: Mapping[str, Served]) -> None:
        """``pinned``: by name, the versions that score whatever is newer; None: the default champion."""
        with self._changing:
            self._champion = champion or self._default
            self._pinned = dict(pinned)
            self._swap()

    def good(self, model: Served) -> None:
        """This version scored a micro-batch as it should: it is what to go back to."""
        with self._changing:
            self._good[model.name] = replace(model, role=SHADOW)

    def leave_out(self, model: Served) -> None:
        """This version does not score from the next micro-batch on, until it is let in or a newer one comes."""
        with self._changing:
            self._left_out.add((model.name, model.version))
            self._swap()

    def let_in(self, model: Served) -> None:
        with self._changing:
            self._left_out.discard((model.name, model.version))
            self._swap()

    def fall_back(self, model: Served) -> Served | None:
        """Score with the last good version in place of this one; None: there is none, and the model is left out."""
        with self._changing:
            good = self._good.get(model.name)
            if good is None or good.version == model.version:
                self._left_out.add((model.name, model.version))
                good = None
            else:
                self._newest[model.name] = good
                self._pinned.pop(model.name, None)
            self._swap()
            return good

    def _swap(self) -> None:
        """Under the lock."""
        serving = {**self._newest, **self._pinned}
        if self._champion not in serving:
            serving[self._champion] = Served(self._champion, MISSING, SHADOW, None)
        models = (
            replace(model, scorer=None) if (model.name, model.version) in self._left_out else model
            for model in serving.values()
        )
        self._put(serve(models, self._champion))


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
        self.kinds[manifest.kind].take(self._load(manifest))
        metrics.MODEL_CHECKPOINT_TIME.labels(manifest.model).set(manifest.made_ms / 1000)

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
