"""Dead letters of a sink: why a record was refused, delivered before its offset is committed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from features.errors import InvalidEvent
from streams import metrics
from streams.kafka import admin_client, producer_config, raise_unless_transient, topic_ids
from streams.settings import Settings
from streams.sinks.intake import Taken
from streams.topics import DEAD_LETTERS
from streams.wire import RecordRef, encode_dead_letter


class DeadLetters:
    """``topic``: the setting's name of the topic whose records are refused, as it stands in the metrics."""

    def __init__(self, settings: Settings, topic: str) -> None:
        self._label = topic
        self._source = settings.topic(topic)
        self._target = settings.topic(DEAD_LETTERS)
        self._admin = admin_client(settings)
        self._producer = Producer(producer_config(settings, f"{settings.namespace}-{topic}-dead-letters"))

    def send(self, refused: Iterable[tuple[Taken, InvalidEvent]], wait: Callable[[float], bool]) -> bool:
        """Deliver a letter for each record; False if ``wait`` (seconds; False: give up) ended it before.

        Raises KafkaException for what waiting does not mend.
        """
        topic_id = self._topic_id(wait)
        if topic_id is None:
            return False
        undelivered = 0
        failed: list[KafkaError] = []

        def delivered(error: KafkaError | None, _message: Message) -> None:
            nonlocal undelivered
            undelivered -= 1
            if error is not None:
                failed.append(error)

        for record, error in refused:
            where = RecordRef(self._source, topic_id, record.partition, record.offset, record.time_ms)
            self._producer.produce(self._target, encode_dead_letter(where, error), on_delivery=delivered)
            metrics.DEAD_LETTERS.labels(self._label, error.reason).inc()
            undelivered += 1
        self._producer.flush(1)
        while undelivered:
            if not wait(0.5):
                self._producer.purge()
                return False
            self._producer.flush(0.5)
        if failed:
            raise KafkaException(failed[0])
        return True

    def _topic_id(self, wait: Callable[[float], bool]) -> str | None:
        """Asked for anew each time: refused records are few, and a topic may be made again meanwhile."""
        while True:
            try:
                return topic_ids(self._admin, [self._source])[self._source]
            except KafkaException as error:
                raise_unless_transient(error.args[0])
            except TimeoutError:
                pass  # Kafka is away; its client has said so
            if not wait(1.0):
                return None
