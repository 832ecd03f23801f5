"""What judges at the moment, kind by kind: rules, policy and models as the control topic says, else as shipped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from threading import Lock

import msgspec
import structlog

from features.catalogue import Catalogue
from features.reference import Reference
from models.bundle import Bundle
from models.errors import ModelError
from models.registry.folder import Manifest, Registry
from models.scorers import Scorer, champion_name, fresh_scorers
from models.served import UNTRAINED, serve
from streams import metrics
from streams.agents.judging import InForce
from streams.bundles.folders import shipped_bundles
from streams.bundles.follower import BundleFollower
from streams.reference.watch import read_reference
from streams.settings import Settings

log = structlog.get_logger()
MODEL_KEY = "model/"
CHAMPION_KEY = "champion/"


class InForceBook:
    """Changes come from other threads (control reader, compiler, reference watch); readers see the old or the new,
    whole.

    ``shipped``: by kind, the bundle that comes with this process.
    """

    def __init__(self, settings: Settings, catalogues: Mapping[str, Catalogue]) -> None:
        self._catalogues = catalogues
        self._registry = Registry(settings.registry)
        self._scorers: dict[str, dict[str, tuple[str, Scorer]]] = {}
        self._champions = {kind: champion_name(kind) for kind in catalogues}
        self._now: dict[str, InForce] = {}
        self._changing = Lock()
        self.reference = read_reference(settings.reference_folder)
        self.shipped = shipped_bundles(catalogues, settings.rulebook_folders)
        self._bundles = BundleFollower(catalogues, self.shipped, self._take_bundle)
        for kind in catalogues:
            fresh = fresh_scorers(kind, settings.min_labels)
            self._scorers[kind] = {name: (UNTRAINED, scorer) for name, scorer in fresh.items()}
            self._now[kind] = InForce(
                self.shipped[kind], serve(self._scorers[kind], self._champions[kind]), self.reference
            )

    def now(self, kind: str) -> InForce:
        return self._now[kind]

    def on_control(self, key: str, value: bytes | None) -> None:
        """Take one change of the control topic; what cannot be used is reported, and the old one stays.

        Bundles are only noted until ``settle``, and compiled beside the caller from then on.
        """
        self._bundles.on_control(key, value)
        if key.startswith(CHAMPION_KEY):
            self._take_champion(key.removeprefix(CHAMPION_KEY), value)
        elif key.startswith(MODEL_KEY) and value is not None:
            try:
                self._take_model(msgspec.json.decode(value, type=Manifest))
            except (ModelError, msgspec.MsgspecError, UnicodeError) as error:
                name = key.removeprefix(MODEL_KEY)
                metrics.MODEL_FAULTS.labels(name).inc()
                log.error("model_refused", model=name, why=str(error), doing="the running one stays")

    def settle(self) -> dict[str, Bundle]:
        """Call when control was read to its end: bundles are in force then. Those that ship and are unknown there."""
        self._bundles.settle()
        return {kind: bundle for kind, bundle in self.shipped.items() if not self._bundles.has(bundle.hash)}

    def take_reference(self, reference: Reference) -> None:
        """Let every kind look things up in these tables from its next micro-batch on."""
        with self._changing:
            self.reference = reference
            self._now = {kind: replace(now, reference=reference) for kind, now in self._now.items()}

    def _take_bundle(self, kind: str, bundle: Bundle) -> None:
        """A micro-batch in hand keeps the bundle that it began with."""
        with self._changing:
            self._now[kind] = replace(self._now[kind], bundle=bundle)

    def _take_champion(self, kind: str, value: bytes | None) -> None:
        if kind not in self._champions:
            return
        name = champion_name(kind) if value is None else value.decode("utf-8", "replace").partition("@")[0]
        if name not in self._scorers[kind]:
            log.error(
                "champion_refused", kind=kind, why="no model of this kind has that name", doing="the old one stays"
            )
            return
        self._champions[kind] = name
        self._swap(kind)

    def _take_model(self, manifest: Manifest) -> None:
        catalogue = self._catalogues.get(manifest.kind)
        if catalogue is None:
            return
        if manifest.schema != catalogue.schema:
            raise ModelError(f"checkpoint of {manifest.model} was made for other feature definitions")
        scorer = self._registry.load(manifest)
        self._scorers[manifest.kind][manifest.model] = (manifest.version, scorer)
        self._swap(manifest.kind)
        metrics.MODEL_CHECKPOINT_TIME.labels(manifest.model).set(manifest.made_ms / 1000)

    def _swap(self, kind: str) -> None:
        served = serve(self._scorers[kind], self._champions[kind])
        with self._changing:
            self._now[kind] = replace(self._now[kind], models=served)
