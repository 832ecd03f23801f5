"""Checkpoints: a model and its learner's whole state, stored and announced in one transaction a model."""

from __future__ import annotations

import time
from collections.abc import Mapping

import msgspec
import structlog
from confluent_kafka import KafkaException, Producer

from features.catalogue import Catalogue
from models.learning.learner import ModelLearner, State, decode_state, encode_state
from models.registry import Manifest, Registry
from models.scorers import fresh_scorers
from streams import metrics
from streams.control import ControlReader
from streams.kafka import insist, producer_config
from streams.served_models import MODEL_KEY
from streams.settings import Settings
from streams.topics import CONTROL

log = structlog.get_logger()
_TIMEOUT_S = 60
_SAVES_BETWEEN_PRUNES = 100


class Checkpoints:
    """One transactional producer a model: its transactional.id fences a learner that lives on as a zombie."""

    def __init__(self, settings: Settings, catalogues: Mapping[str, Catalogue]) -> None:
        self._settings = settings
        self._catalogues = catalogues
        self._registry = Registry(settings.registry, settings.registry_key_file)
        self._producers: dict[str, Producer] = {}
        self._saves = 0

    def restore(self) -> dict[str, ModelLearner]:
        """Fence other learners, then take up every model where its newest checkpoint left it."""
        fresh = {
            name: (kind, scorer)
            for kind in self._catalogues
            for name, scorer in fresh_scorers(kind, self._settings.min_labels).items()
        }
        for name in fresh:
            self._producers[name] = self._transactional(name)
        manifests = self._manifests()
        learners = {}
        for name, (kind, scorer) in fresh.items():
            learners[name] = ModelLearner(name, kind, scorer)
            if name in manifests:
                learners[name] = self._restored(learners[name], manifests[name])
        return learners

    def save(self, learner: ModelLearner, remembered: Mapping[str, int]) -> None:
        """Store and announce; afterwards the checkpoint is the model's newest, unless Kafka was away for long: then
        ``learner.changed`` stays as it was, and the next save makes up for it. Raises KafkaException if fenced.
        """
        metrics.LABELS.labels(learner.kind, "expired").inc(learner.forget_old())
        learner.state.remembered = dict(remembered)
        manifest = Manifest(
            model=learner.name,
            kind=learner.kind,
            version="",
            state="",
            schema=self._catalogues[learner.kind].schema,
            learned=learner.scorer.learned,
            made_ms=int(time.time() * 1000),
        )
        saved = self._registry.save(manifest, learner.scorer, encode_state(learner.state))
        producer = self._producers[learner.name]
        producer.begin_transaction()
        producer.produce(
            self._settings.topic(CONTROL), msgspec.json.encode(saved), f"{MODEL_KEY}{learner.name}".encode()
        )
        try:
            insist(lambda: producer.commit_transaction(_TIMEOUT_S))
        except KafkaException as error:
            if not error.args[0].txn_requires_abort():
                raise
            insist(lambda: producer.abort_transaction(_TIMEOUT_S))
            log.warning("checkpoint_postponed", model=learner.name, why=error.args[0].name())
            return
        learner.changed = False
        self._prune()
        metrics.CHECKPOINTS.labels(learner.name).inc()

    def _prune(self) -> None:
        """Now and then: there are many versions to look through."""
        if self._saves % _SAVES_BETWEEN_PRUNES == 0:
            self._registry.prune(int((time.time() - self._settings.keep_models_hours * 3600) * 1000))
        self._saves += 1

    def _transactional(self, name: str) -> Producer:
        config = producer_config(self._settings, f"{self._settings.namespace}-learner")
        # A transaction that cannot end must not hold back the readers of the topic for long.
        config |= {"transactional.id": f"{self._settings.namespace}-{name}", "transaction.timeout.ms": 30_000}
        config |= {"message.timeout.ms": 30_000}
        producer = Producer(config)
        insist(lambda: producer.init_transactions(_TIMEOUT_S))
        return producer

    def _manifests(self) -> dict[str, Manifest]:
        found: dict[str, Manifest] = {}

        def take(key: str, value: bytes | None) -> None:
            if key.startswith(MODEL_KEY) and value is not None:
                found[key.removeprefix(MODEL_KEY)] = msgspec.json.decode(value, type=Manifest)

        reader = ControlReader(self._settings, take)
        try:
            reader.read_to_end()
        finally:
            reader.stop()
        return found

    def _restored(self, fresh: ModelLearner, manifest: Manifest) -> ModelLearner:
        state = decode_state(self._registry.load_state(manifest))
        if manifest.schema == self._catalogues[manifest.kind].schema:
            return ModelLearner(fresh.name, fresh.kind, self._registry.load(manifest), state)
        log.warning("model_starts_anew", model=manifest.model, why="its checkpoint has other feature definitions")
        return ModelLearner(fresh.name, fresh.kind, fresh.scorer, State(positions=state.positions))
