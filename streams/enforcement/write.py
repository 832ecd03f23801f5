"""Writing what is enforced: all records of one transaction, or none, by one writer.

The positions up to which they tell are records among them. A consumer group's offsets could be part of the
transaction too, but librdkafka can hang in that for ever once the group's coordinator was away (its issue 5511, seen
with 2.16).
"""

from __future__ import annotations

from collections.abc import Iterable

import structlog
from confluent_kafka import KafkaError, KafkaException, Producer

from streams.kafka import insist, producer_config
from streams.settings import Settings
from streams.topics import ENFORCEMENTS

log = structlog.get_logger()
_TIMEOUT_S = 60
_OUTAGE_MS = 900_000


class Fenced(Exception):
    """Another enforcer was started, and has taken over; or Kafka has ended a transaction that took too long."""


class EnforcementWriter:
    """The newest one writes: its transactional.id fences all that were made before, also those that hang."""

    def __init__(self, settings: Settings) -> None:
        client = f"{settings.namespace}-enforcer"
        self._topic = settings.topic(ENFORCEMENTS)
        config = producer_config(settings, client) | {"transactional.id": client}
        # For so long Kafka may be away in the middle of a transaction; by default it allows no more. Nobody waits for
        # one that hangs: there is no other writer, and the next enforcer ends it.
        config |= {"transaction.timeout.ms": _OUTAGE_MS, "message.timeout.ms": _OUTAGE_MS}
        self._producer = Producer(config)
        insist(lambda: self._producer.init_transactions(_TIMEOUT_S))

    def write(self, records: Iterable[tuple[str, bytes | None]]) -> bool:
        """Write all of them or none; False if none, because Kafka was away for long: then write them again.

        Raises Fenced, or KafkaException for what waiting does not mend.
        """
        try:
            self._producer.begin_transaction()
            for key, value in records:
                self._produce(key.encode(), value)
            insist(lambda: self._producer.commit_transaction(_TIMEOUT_S))
        except KafkaException as error:
            reason: KafkaError = error.args[0]
            if reason.fatal():
                why = "another one was started, or Kafka has ended a transaction that took too long"
                log.critical("enforcer_fenced", error=reason.name(), why=why, doing="ending")
                raise Fenced from None
            if not reason.txn_requires_abort():
                raise
            insist(lambda: self._producer.abort_transaction(_TIMEOUT_S))
            log.warning("enforcements_postponed", why=reason.name())
            return False
        return True

    def _produce(self, key: bytes, value: bytes | None) -> None:
        while True:
            try:
                self._producer.produce(self._topic, value, key)
                return
            except BufferError:
                # More than librdkafka holds at a time: let some of them go out first.
                self._producer.poll(0.1)
