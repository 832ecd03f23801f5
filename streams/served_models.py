"""The models that score, kind by kind: those that the control topic names, else untrained ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress

import structlog

from features.catalogue import Catalogue
from models.errors import ModelError, RegistryUnavailable
from models.registry import Manifest, Registry, decode_manifest
from models.scorers import Declared
from models.served import SHADOW, Served
from streams import metrics
from streams.beside import Beside
from streams.champions import CHAMPION_KEY, parse_champion
from streams.kind_models import MISSING, KindModels
from streams.loading import Loading

log = structlog.get_logger()
MODEL_KEY = "model/"
# After so long what was out of reach, or not there yet, is tried again.
_AGAIN_S = 10.0


class NotHere(ModelError):
    """The champion is a model that this process does not have yet."""


class ServedModels:
    """All kinds' models, following the control topic. ``put`` gets a kind and its models whenever they change.

    Before ``settle``, ``on_control`` takes changes itself; from then on it returns at once: a registry that is slow
    or away keeps neither a freeze nor a rollback waiting.
    """

    def __init__(
        self,
        registry: Registry,
        catalogues: Mapping[str, Catalogue],
        declared: Declared,
        put: Callable[[str, tuple[Served, ...]], None],
    ) -> None:
        self._loading = Loading(registry, catalogues, declared)
        self._declared = declared
        self._settled = False
        self._later: dict[str, bytes | None] = {}
        self._taken: dict[str, Manifest] = {}
        self._beside = {
            prefix: Beside(name, self._take, _AGAIN_S)
            for prefix, name in ((CHAMPION_KEY, "champions"), (MODEL_KEY, "models"))
        }
        self.kinds = {kind: self._kind(kind, put) for kind in catalogues}

    def _kind(self, kind: str, put: Callable[[str, tuple[Served, ...]], None]) -> KindModels:
        fresh = {name: self._loading.untrained(kind, name) for name in self._declared.models[kind]}
        models = KindModels(fresh, self._declared.champion(kind), lambda served: put(kind, served))
        models.crown(None, {})
        return models

    def on_control(self, key: str, value: bytes | None) -> None:
        """Take one change of the control topic; what cannot be used is reported, and the old one stays."""
        beside = next((one for prefix, one in self._beside.items() if key.startswith(prefix)), None)
        if beside is None:
            return
        if self._settled:
            beside.tell(key, value)
        elif self._take(key, value):
            self._later[key] = value

    def settle(self) -> None:
        """Call when control was read to its end: from now on a champion that cannot be used leaves the old one."""
        self._settled = True
        self._loading.settle()
        for key, value in self._later.items():
            self.on_control(key, value)
        self._later.clear()

    def _take(self, key: str, value: bytes | None) -> bool:
        """Whether it has to be tried again."""
        name = key.partition("/")[2]
        try:
            if key.startswith(CHAMPION_KEY):
                self._take_champion(name, value)
            else:
                self._take_model(name, value)
        except Exception as error:  # noqa: BLE001 - one broken record would end all workers, over and over
            why = str(error) if isinstance(error, ModelError) else type(error).__name__
            again = isinstance(error, (RegistryUnavailable, NotHere))
            metrics.MODEL_FAULTS.labels(name).inc()
            doing = "the running one stays" + (", and it is tried again" if again else "")
            log.error("model_refused", key=key, why=why, doing=doing)
            return again
        return False

    def _take_model(self, name: str, value: bytes | None) -> None:
        models = self.kinds.get(name.partition(".")[0])
        if models is None:
            return
        if value is None:
            self._taken.pop(name, None)
            models.drop(name)
            return
        manifest = decode_manifest(value)
        if manifest.model != name:
            raise ModelError(f"it is the checkpoint of {manifest.model}, sent as one of {name}: who can write there?")
        taken = self._taken.get(name)
        # One clock may be behind another, and a model may have been restored; both at once is an old record.
        if taken is not None and manifest.made_ms < taken.made_ms and manifest.learned < taken.learned:
            raise ModelError(f"checkpoint {manifest.version} of {name} is older than the one that was taken before")
        try:
            self._serve(models, manifest)
        except RegistryUnavailable:
            raise
        except ModelError:
            if not models.has_learned(name):
                self._take_older(models, manifest)
            raise

    def _take_older(self, models: KindModels, refused: Manifest) -> None:
        """Where nothing is running that could stay: the newest of the registry's checkpoints that can be used."""
        for manifest in self._loading.newest(refused.model):
            if manifest.version != refused.version:
                with suppress(ModelError):
                    self._serve(models, manifest)
                    log.warning("model_older", model=manifest.model, version=manifest.version)
                    return

    def _serve(self, models: KindModels, manifest: Manifest) -> None:
        models.take(self._loading.load(manifest, manifest.model.partition(".")[0]))
        self._taken[manifest.model] = manifest
        metrics.MODEL_CHECKPOINT_TIME.labels(manifest.model).set(manifest.made_ms / 1000)

    def _take_champion(self, kind: str, value: bytes | None) -> None:
        models = self.kinds.get(kind)
        if models is None:
            return
        if value is None:
            models.crown(None, {})
            return
        champion = parse_champion(value)
        if champion.model.partition(".")[0] != kind:
            raise ModelError(f"{champion.model} is no model of {kind}: see 'weir models list'")
        if champion.version is None:
            if self._settled and not models.has(champion.model):
                raise NotHere(f"there is no model {champion.model!r} here: see 'weir models list'")
            models.crown(champion.model, {})
            return
        try:
            pinned = self._loading.pinned(kind, champion.model, champion.version)
        except ModelError:
            if not self._settled:
                # There is no old one to stay with: rather none than another than the one that was chosen.
                models.crown(champion.model, {champion.model: Served(champion.model, MISSING, SHADOW, None)})
            raise
        models.crown(champion.model, pinned)
