"""Checkpoints: a model and its learner's whole state, stored and announced in one transaction a model."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import count

import msgspec
import structlog

from features.catalogue import Catalogue
from models.errors import ModelError, RegistryUnavailable
from models.learning.learner import ModelLearner
from models.learning.state import State, decode_state, encode_state
from models.policy import Policy
from models.registry import Manifest, Registry, decode_manifest, refuse
from models.registry.pickling import pickled
from models.scorers import Declared
from streams import metrics
from streams.control import ControlReader
from streams.learning.announcer import Announcer
from streams.learning.gauges import Gauges
from streams.learning.manifests import cost_us, manifest_of
from streams.served_models import MODEL_KEY
from streams.settings import Settings

log = structlog.get_logger()
_SAVES_BETWEEN_PRUNES = 100
# Storing what is large takes time and room: after weights of 1 MB the next checkpoint is 10 s away at least.
# Of states only the newest are kept.
_WEIGHTS_A_SECOND, _STATE_A_SECOND = 100_000, 1_000_000
# A checkpoint that only moves positions saves reading at a restart, and is not urgent.
_POSITIONS_S = 60.0
OnControl = Callable[[str, bytes | None], None]


class Checkpoints:
    """``newest``: by model, the manifest of its last checkpoint. ``policies``: by kind, those in force, by whose
    thresholds a model is measured. ``drifting``: what speaks against a model at present, as its checkpoint says it.
    """

    def __init__(
        self,
        settings: Settings,
        catalogues: Mapping[str, Catalogue],
        declared: Declared,
        policies: Mapping[str, Policy],
        announcer: Announcer,
    ) -> None:
        self._settings = settings
        self._catalogues = catalogues
        self._declared = declared
        self.registry = Registry(settings.registry, settings.registry_key_file)
        self._announcer = announcer
        self._saves = 0
        self._restored = False
        self._due_s: dict[str, float] = {}
        self._positions_s: dict[str, float] = {}
        self._learned: dict[str, int] = {}
        self.newest: dict[str, Manifest] = {}
        self._policies = policies
        self.drifting: Callable[[ModelLearner], Sequence[str]] = lambda learner: ()
        self._gauges = Gauges()

    def restore(self, on_control: OnControl) -> tuple[dict[str, ModelLearner], ControlReader]:
        """Fence other learners, then take up every model where its newest checkpoint left it.

        ``on_control`` gets what else stands on the control topic, and from the returned reader all that follows.
        """
        declared = {name: kind for kind, models in self._declared.models.items() for name in models}
        self._announcer.fence(declared)
        found: dict[str, Manifest] = {}

        def take(key: str, value: bytes | None) -> None:
            if self._restored or not key.startswith(MODEL_KEY):
                on_control(key, value)
            else:
                _take_manifest(found, key.removeprefix(MODEL_KEY), value)

        reader = ControlReader(self._settings, take)
        reader.read_to_end()
        # Those that were started anew are known by now only: what was announced before they were fenced counts too.
        while self._announcer.fence(name for name in found if self._is_ours(found[name])):
            reader.read_to_end()
        for name, manifest in found.items():
            if self._is_ours(manifest):
                declared[name] = manifest.kind
                self.newest[name] = manifest
        self._restored = True
        learners = {name: self._taken_up(name, kind) for name, kind in declared.items()}
        for learner in learners.values():
            self._saved(learner, 0)
        return learners, reader

    def begin(self, kind: str, spec: str, name: str) -> ModelLearner:
        """A model of that declaration that has learned nothing."""
        self._announcer.fence([name])
        learner = ModelLearner(name, kind, self._declared.fresh(kind, spec))
        self._saved(learner, 0)
        return learner

    def retire(self, name: str) -> bool:
        """Take its announcement back, so that nobody serves it any more; its checkpoints stay for a time."""
        manifest = self.newest.pop(name, None)
        if manifest is not None:
            self._gauges.forget(manifest)
        return self._announcer.announce(name, f"{MODEL_KEY}{name}", None)

    def next_name(self, spec: str) -> str:
        """The first of ``<spec>-2``, ``<spec>-3``, … that no model ever had, as far as is known."""
        taken = {*self.registry.models(), *self.newest}
        return next(name for number in count(2) if (name := f"{spec}-{number}") not in taken)

    def spec_of(self, name: str) -> str:
        """The declaration of a model."""
        return name if name.partition(".")[0] in self._declared.models and self._is_declared(name) else _spec(name)

    def due(self, learners: Iterable[ModelLearner]) -> Iterator[ModelLearner]:
        now_s = time.monotonic()
        for learner in learners:
            if learner.faults:
                # It may have broken off in an example: the next success or the last checkpoint heals it.
                continue
            due_s = self._due_s[learner.name] if learner.changed else self._positions_s[learner.name]
            if now_s >= due_s:
                yield learner

    def save(self, learner: ModelLearner, remembered: Mapping[str, int]) -> None:
        """Store and announce; afterwards the checkpoint is the model's newest, unless Kafka was away for long: then
        ``learner.changed`` stays as it was, and the next save makes up for it. Raises KafkaException if fenced.
        """
        expired = learner.state.forget_old()
        if learner.teaches:
            metrics.LABELS.labels(learner.kind, "expired", learner.name).inc(expired)
        learner.state.remembered = dict(remembered)
        before = self.newest.get(learner.name)
        manifest = manifest_of(
            learner,
            self.spec_of(learner.name),
            self._catalogues[learner.kind],
            self._policies.get(learner.kind),
            parent=before.version if before is not None else "",
            cost_us=cost_us(learner),
            drifting=self.drifting(learner),
        )
        weights, state = pickled(learner.scorer), encode_state(learner.snapshot())
        saved = self.registry.store(manifest, weights, state)
        if not self._announcer.announce(learner.name, f"{MODEL_KEY}{learner.name}", msgspec.json.encode(saved)):
            return
        self.newest[learner.name] = saved
        learner.changed = False
        self._prune()
        self._gauges.show(learner, saved)
        metrics.LEARNED.labels(learner.name).inc(learner.scorer.learned - self._learned[learner.name])
        self._saved(learner, len(weights) / _WEIGHTS_A_SECOND + len(state) / _STATE_A_SECOND)

    def go_back(self, learner: ModelLearner) -> bool:
        """Give a learner the scorer of its last checkpoint; False if there is none that can be used."""
        manifest = self.newest.get(learner.name)
        if manifest is None:
            return False
        try:
            learner.use(self.registry.load(manifest))
        except ModelError as error:
            log.error("model_lost", model=learner.name, why=str(error))
            return False
        return True

    def _saved(self, learner: ModelLearner, pause_s: float) -> None:
        now_s = time.monotonic()
        self._learned[learner.name] = learner.scorer.learned
        self._due_s[learner.name] = now_s + max(self._settings.checkpoint_s, pause_s)
        self._positions_s[learner.name] = max(self._due_s[learner.name], now_s + _POSITIONS_S)

    def _prune(self) -> None:
        """Now and then: there are many versions to look through."""
        if self._saves % _SAVES_BETWEEN_PRUNES == 0:
            self.registry.prune(int((time.time() - self._settings.keep_models_hours * 3600) * 1000))
        self._saves += 1

    def _is_declared(self, name: str) -> bool:
        return any(name in models for models in self._declared.models.values())

    def _is_ours(self, manifest: Manifest) -> bool:
        return manifest.kind in self._catalogues and manifest.spec in self._declared.models[manifest.kind]

    def _taken_up(self, name: str, kind: str) -> ModelLearner:
        """From its newest checkpoint that can be used: what came after an older one is learned once more."""
        newest = self.newest.get(name)
        if newest is None:
            return self._fresh(name, kind)
        for manifest in self._candidates(newest):
            try:
                return self._resumed(manifest)
            except RegistryUnavailable:
                raise
            except (ModelError, msgspec.MsgspecError) as error:
                metrics.MODEL_FAULTS.labels(name).inc()
                log.error("checkpoint_refused", model=name, why=str(error), doing="taking an older one, or none")
        log.error("model_starts_anew", model=name, why="none of its checkpoints can be used")
        return self._fresh(name, kind)

    def _candidates(self, newest: Manifest) -> Iterator[Manifest]:
        yield newest
        for manifest in self.registry.list(newest.model):
            if manifest.state and manifest.made_ms < newest.made_ms:
                yield manifest

    def _resumed(self, manifest: Manifest) -> ModelLearner:
        state = decode_state(self.registry.load_state(manifest))
        try:
            refuse(manifest, self._catalogues[manifest.kind])
        except ModelError as error:
            log.warning("model_starts_anew", model=manifest.model, why=str(error))
            return self._fresh(manifest.model, manifest.kind, State(positions=state.positions))
        return ModelLearner(manifest.model, manifest.kind, self.registry.load(manifest), state)

    def _fresh(self, name: str, kind: str, state: State | None = None) -> ModelLearner:
        return ModelLearner(name, kind, self._declared.fresh(kind, self.spec_of(name)), state)


def _take_manifest(found: dict[str, Manifest], name: str, value: bytes | None) -> None:
    found.pop(name, None)
    if value is None:
        return
    try:
        manifest = decode_manifest(value)
    except ModelError:
        log.error("checkpoint_refused", model=name, why="its announcement cannot be read", doing="starting anew")
        return
    if manifest.model == name:
        found[name] = manifest


def _spec(name: str) -> str:
    """Of ``login.mine-2`` the declaration ``login.mine``."""
    spec, _, number = name.rpartition("-")
    return spec if spec and number.isdigit() else name
