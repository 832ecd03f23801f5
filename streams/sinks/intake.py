"""The reading side of a sink: records of one topic, committed by hand, and a group membership that outlives waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from streams.kafka import consumer_config, raise_unless_transient, watermark
from streams.settings import Settings
from streams.sinks.document import Headers

_log = structlog.get_logger(__name__)

_POLL_S = 0.2
# The partitions have gone to another member, which reads again what was not committed: nothing is lost.
_MOVED_ON = {
    KafkaError.ILLEGAL_GENERATION,
    KafkaError.UNKNOWN_MEMBER_ID,
    KafkaError.REBALANCE_IN_PROGRESS,
    KafkaError._ASSIGNMENT_LOST,
}


class Taken(NamedTuple):
    """One record of the topic. ``time_ms``: its own timestamp, in milliseconds since 1970."""

    value: bytes | None
    headers: Headers
    partition: int
    offset: int
    time_ms: int


class Intake:
    """``on_ready`` is called once, when Kafka has first said which partitions are ours."""

    def __init__(
        self, settings: Settings, topic: str, group: str, stop: threading.Event, on_ready: Callable[[], None]
    ) -> None:
        self._topic = settings.topic(topic)
        self._stop = stop
        self._on_ready: Callable[[], None] | None = on_ready
        self._consumer = Consumer(consumer_config(settings, group))
        self._held: list[Message] = []
        self._next: dict[int, int] = {}
        self._uncommitted: dict[int, int] = {}
        self._assigned: set[int] = set()
        self._said: set[int] = set()
        self._consumer.subscribe([self._topic], on_assign=self._assign, on_revoke=self._revoke, on_lost=self._revoke)

    def read(self, most: int) -> list[Taken]:
        """What has arrived, at once; after a fraction of a second without a record, nothing."""
        messages, self._held = self._held[:most], self._held[most:]
        if not messages:
            # consume(n, timeout) would wait for the whole timeout whenever less than n has arrived.
            first = self._consumer.poll(_POLL_S)
            messages = [] if first is None else [first]
        if 0 < len(messages) < most:
            messages += self._consumer.consume(most - len(messages), 0)
        return [_taken(message) for message in messages if self._is_record(message)]

    def wait(self, seconds: float) -> bool:
        """Sleep without taking records, and stay a member of the group; False if it is time to stop."""
        until = time.monotonic() + seconds
        self._consumer.pause(self._consumer.assignment())
        while not self._stop.is_set() and (left := until - time.monotonic()) > 0:
            message = self._consumer.poll(min(left, _POLL_S))
            if message is not None:
                # A partition that came while we waited: its first records are kept, then it waits too.
                self._held += [message] if self._is_record(message) else []
                self._consumer.pause(self._consumer.assignment())
        return not self._stop.is_set()

    def go_on(self) -> None:
        """Take records again after a wait."""
        self._consumer.resume(self._consumer.assignment())

    def done(self, records: Iterable[Taken]) -> None:
        """These records are dealt with: commit behind them, now or, while Kafka is away, with a later commit."""
        for record in records:
            if record.partition in self._assigned:
                self._next[record.partition] = self._uncommitted[record.partition] = record.offset + 1
        self.commit()

    def commit(self) -> None:
        """Commit what is dealt with, if anything; raises KafkaException for what waiting does not mend."""
        if not self._uncommitted:
            return
        offsets = [TopicPartition(self._topic, p, offset) for p, offset in self._uncommitted.items()]
        try:
            for answer in self._consumer.commit(offsets=offsets, asynchronous=False) or ():
                if answer.error is not None:
                    raise KafkaException(answer.error)
        except KafkaException as error:
            reason: KafkaError = error.args[0]
            if reason.code() in _MOVED_ON:
                self._uncommitted.clear()
                return
            raise_unless_transient(reason)
            self._say(reason)
            return
        self._uncommitted.clear()
        self._said.clear()

    def lag(self) -> int | None:
        """Records that wait in our partitions; None while Kafka does not tell."""
        total = 0
        try:
            for partition in sorted(self._assigned):
                low, high = watermark(self._consumer, self._topic, partition)
                position = self._next.get(partition)
                if position is None:
                    (committed,) = self._consumer.committed([TopicPartition(self._topic, partition)], timeout=10)
                    position = committed.offset
                total += max(0, high - max(low, position))
        except KafkaException as error:
            raise_unless_transient(error.args[0])
            return None
        return total

    def close(self) -> None:
        """Leave the group at once, so that others need not wait for a timeout."""
        self._consumer.close()

    def _assign(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._assigned = {p.partition for p in partitions}
        self._next = {}
        if self._on_ready is not None:
            self._on_ready()
            self._on_ready = None

    def _revoke(self, _consumer: Consumer, partitions: list[TopicPartition]) -> None:
        gone = {p.partition for p in partitions}
        self._assigned -= gone
        self._held = [message for message in self._held if message.partition() not in gone]
        for partition in gone:
            self._uncommitted.pop(partition, None)

    def _is_record(self, message: Message) -> bool:
        error = message.error()
        if error is None:
            return True
        raise_unless_transient(error)
        self._say(error)
        return False

    def _say(self, error: KafkaError) -> None:
        if error.code() not in self._said:
            self._said.add(error.code())
            _log.warning("kafka_trouble", topic=self._topic, error=error.name(), doing="retrying")


def _taken(message: Message) -> Taken:
    partition, offset, headers = message.partition(), message.offset(), message.headers()
    assert partition is not None
    assert offset is not None
    named = list(headers.items()) if isinstance(headers, dict) else headers
    return Taken(message.value(), named, partition, offset, message.timestamp()[1])
