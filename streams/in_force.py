"""What judges at the moment, kind by kind: rules, policy and models as the control topic says, else as shipped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from threading import Lock

from features.catalogue import Catalogue
from features.reference import Reference
from models.bundle import Bundle
from models.registry import Registry
from models.served import Served
from streams.agents.judging import InForce
from streams.bundles.folders import shipped_bundles
from streams.bundles.follower import BundleFollower
from streams.declared import declared_models
from streams.reference.watch import read_reference
from streams.served_models import ServedModels
from streams.settings import Settings


class InForceBook:
    """Changes come from other threads (control reader, compiler, reference watch); readers see the old or the new,
    whole.

    ``shipped``: by kind, the bundle that comes with this process.
    """

    def __init__(self, settings: Settings, catalogues: Mapping[str, Catalogue]) -> None:
        self._changing = Lock()
        self.reference = read_reference(settings.reference_folder)
        self.shipped = shipped_bundles(catalogues, settings.rulebook_folders)
        self._bundles = BundleFollower(catalogues, self.shipped, self._take_bundle)
        self._now = {kind: InForce(bundle, (), self.reference) for kind, bundle in self.shipped.items()}
        declared = declared_models(settings, catalogues)
        self.models = ServedModels(
            Registry(settings.registry, settings.registry_key_file), catalogues, declared, self._take_models
        )

    def now(self, kind: str) -> InForce:
        return self._now[kind]

    def on_control(self, key: str, value: bytes | None) -> None:
        """Take one change of the control topic; what cannot be used is reported, and the old one stays.

        Bundles are only noted until ``settle``, and compiled beside the caller from then on.
        """
        self._bundles.on_control(key, value)
        self.models.on_control(key, value)

    def settle(self) -> dict[str, Bundle]:
        """Call when control was read to its end: bundles are in force then. Those that ship and are unknown there."""
        self._bundles.settle()
        self.models.settle()
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

    def _take_models(self, kind: str, models: tuple[Served, ...]) -> None:
        with self._changing:
            self._now[kind] = replace(self._now[kind], models=models)
