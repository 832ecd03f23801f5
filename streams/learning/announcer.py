"""Announcing on the control topic, by one transactional producer a key: its id fences a learner that lives on."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import structlog
from confluent_kafka import KafkaException, Producer

from streams.kafka import insist, producer_config
from streams.settings import Settings
from streams.topics import CONTROL

log = structlog.get_logger()
_TIMEOUT_S = 60
_AT_ONCE = 8


class Announcer:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._producers: dict[str, Producer] = {}

    def fence(self, names: Iterable[str]) -> bool:
        """From now on nobody else announces under these names; False if all of them were ours already."""
        wanted = [name for name in names if name not in self._producers]
        with ThreadPoolExecutor(_AT_ONCE, "fence") as threads:
            self._producers |= dict(zip(wanted, threads.map(self._transactional, wanted), strict=True))
        return bool(wanted)

    def announce(self, name: str, key: str, value: bytes | None) -> bool:
        """False if Kafka was away for so long that it is to be tried again; raises KafkaException if fenced.

        ``name``: whose producer sends it, which was fenced before.
        """
        producer = self._producers[name]
        producer.begin_transaction()
        producer.produce(self._settings.topic(CONTROL), value, key.encode())
        try:
            insist(lambda: producer.commit_transaction(_TIMEOUT_S))
        except KafkaException as error:
            if not error.args[0].txn_requires_abort():
                raise
            insist(lambda: producer.abort_transaction(_TIMEOUT_S))
            log.warning("checkpoint_postponed", of=name, why=error.args[0].name())
            return False
        return True

    def _transactional(self, name: str) -> Producer:
        config = producer_config(self._settings, f"{self._settings.namespace}-learner")
        # A transaction that cannot end must not hold back the readers of the topic for long.
        config |= {"transactional.id": f"{self._settings.namespace}-{name}", "transaction.timeout.ms": 30_000}
        config |= {"message.timeout.ms": 30_000, "linger.ms": 0}
        producer = Producer(config)
        insist(lambda: producer.init_transactions(_TIMEOUT_S))
        return producer
