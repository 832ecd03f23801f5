"""The verdicts topic as commands read it: from a moment on, to where it ended when they began."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from streams.kafka import consumer_config, raise_unless_transient
from streams.settings import Settings
from streams.topics import VERDICTS

_BATCH = 2000
_TIMEOUT_S = 30


class VerdictLog:
    """A reader without a group of its own position; Kafka and the topic (another, if it is named) must be there."""

    def __init__(self, settings: Settings, topic: str = VERDICTS) -> None:
        self.topic = settings.topic(topic)
        self._consumer = Consumer(
            consumer_config(settings, f"{settings.namespace}-verdict-log") | {"enable.partition.eof": True}
        )

    def __enter__(self) -> VerdictLog:
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def starts(self, append_ms: int | None = None) -> dict[int, int]:
        """By partition, the first offset that was appended at that moment or later; None: the first of all."""
        numbers = self._consumer.list_topics(self.topic, timeout=_TIMEOUT_S).topics[self.topic].partitions
        starts = {number: self._watermarks(number)[0] for number in numbers}
        if append_ms is None:
            return starts
        wanted = [TopicPartition(self.topic, number, max(0, append_ms)) for number in numbers]
        for place in self._consumer.offsets_for_times(wanted, timeout=_TIMEOUT_S):
            if place.error is not None:
                raise KafkaException(place.error)
            end = self._watermarks(place.partition)[1]
            starts[place.partition] = end if place.offset < 0 else max(starts[place.partition], place.offset)
        return starts

    def ends(self) -> dict[int, int]:
        """By partition, the offset that the next record will get."""
        numbers = self._consumer.list_topics(self.topic, timeout=_TIMEOUT_S).topics[self.topic].partitions
        return {number: self._watermarks(number)[1] for number in numbers}

    def read(self, starts: Mapping[int, int], ends: Mapping[int, int]) -> Iterator[Message]:
        """The records from ``starts`` up to before ``ends``, each partition in order; raises KafkaException."""
        left = {number for number, end in ends.items() if starts.get(number, 0) < end}
        if not left:
            return
        self._consumer.assign([TopicPartition(self.topic, number, starts.get(number, 0)) for number in sorted(left)])
        try:
            while left:
                for message in self._consumer.consume(_BATCH, 0.5):
                    number, offset, error = message.partition(), message.offset(), message.error()
                    if error is not None and error.code() != KafkaError._PARTITION_EOF:
                        raise_unless_transient(error)
                        continue
                    if number is None or offset is None or number not in left:
                        continue
                    if error is None and offset < ends[number]:
                        yield message
                    # The end may be a gap: what was compacted or belongs to a transaction is not delivered.
                    if error is not None or offset >= ends[number] - 1:
                        left.discard(number)
        finally:
            self._consumer.unassign()

    def _watermarks(self, number: int) -> tuple[int, int]:
        low, high = self._consumer.get_watermark_offsets(TopicPartition(self.topic, number), timeout=_TIMEOUT_S)
        return int(low), int(high)
