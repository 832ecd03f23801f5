"""Records of a topic that were appended between two moments, all partitions in the order in which that happened."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from streams.kafka import consumer_config, raise_unless_transient, watermark
from streams.settings import Settings

EVER_MS = 2**62
_BATCH = 2000
# A partition that is so far ahead of another waits for it.
_MOST_HELD = 20_000
_TIMEOUT_S = 30
# Append time, partition, value.
_Held = tuple[int, int, bytes]


@dataclass(slots=True)
class _Partition:
    """``next``: the offset to come; ``end``: the first that is not wanted. ``seen_ms``: the last append time."""

    number: int
    next: int
    end: int
    seen_ms: int = -1
    paused: bool = False
    held: list[_Held] = field(default_factory=list)

    @property
    def is_done(self) -> bool:
        return self.next >= self.end

    def take(self, message: Message, to_ms: int) -> None:
        offset, value, at_ms = message.offset(), message.value(), message.timestamp()[1]
        assert offset is not None
        self.next, self.seen_ms = offset + 1, at_ms
        if at_ms >= to_ms:
            # Append times never fall: nothing that is wanted comes any more.
            self.next = self.end
        elif value is not None:
            self.held.append((at_ms, self.number, value))


def read_topic(settings: Settings, topic: str, from_ms: int, to_ms: int) -> Iterator[bytes]:
    """Values in the order of (append time, partition, offset), up to what the topic holds now.

    Kafka and the topic must be there.
    """
    config = consumer_config(settings, f"{settings.namespace}-backtest") | {"enable.partition.eof": True}
    consumer = Consumer(config)
    try:
        partitions = _partitions(consumer, topic, from_ms)
        consumer.assign([TopicPartition(topic, p.number, p.next) for p in partitions.values() if not p.is_done])
        while not all(partition.is_done for partition in partitions.values()):
            for message in consumer.consume(_BATCH, timeout=1.0):
                _take(message, partitions, to_ms)
            yield from _ready(partitions.values())
            _wait_for_each_other(consumer, topic, partitions.values())
        yield from _ready(partitions.values())
    finally:
        consumer.close()


def _partitions(consumer: Consumer, topic: str, from_ms: int) -> dict[int, _Partition]:
    numbers = sorted(consumer.list_topics(topic, timeout=_TIMEOUT_S).topics[topic].partitions)
    wanted = [TopicPartition(topic, number, from_ms) for number in numbers]
    partitions = {}
    for begin in consumer.offsets_for_times(wanted, timeout=_TIMEOUT_S):
        low, high = watermark(consumer, topic, begin.partition)
        # Where no record is so young, Kafka says -1.
        first = high if begin.offset < 0 else max(low, begin.offset)
        partitions[begin.partition] = _Partition(begin.partition, first, high)
    return partitions


def _take(message: Message, partitions: dict[int, _Partition], to_ms: int) -> None:
    number, error = message.partition(), message.error()
    if error is None:
        assert number is not None
        partition = partitions[number]
        if not partition.is_done:
            partition.take(message, to_ms)
    elif error.code() == KafkaError._PARTITION_EOF:
        assert number is not None
        # What stood before its end is gone.
        partitions[number].next = partitions[number].end
    else:
        raise_unless_transient(error)


def _ready(partitions: Iterable[_Partition]) -> Iterator[bytes]:
    """What is held and older than anything that may still come."""
    bound_ms = min((partition.seen_ms for partition in partitions if not partition.is_done), default=EVER_MS)
    ready: list[_Held] = []
    for partition in partitions:
        count = bisect_left(partition.held, (bound_ms,))
        ready += partition.held[:count]
        del partition.held[:count]
    # Stable: records of one partition stay in their order.
    ready.sort(key=lambda one: one[:2])
    for _, _, value in ready:
        yield value


def _wait_for_each_other(consumer: Consumer, topic: str, partitions: Iterable[_Partition]) -> None:
    for partition in partitions:
        is_ahead = len(partition.held) > _MOST_HELD
        if is_ahead != partition.paused and not partition.is_done:
            where = [TopicPartition(topic, partition.number)]
            (consumer.pause if is_ahead else consumer.resume)(where)
            partition.paused = is_ahead
