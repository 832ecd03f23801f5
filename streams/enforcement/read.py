"""Reading the enforcements topic: every partition from its start, committed transactions only, without a group."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from features.errors import WeirError
from streams.kafka import raise_unless_transient

_MOST = 5000
_SLICE_S = 0.2


class EnforcementsAway(WeirError):
    """Kafka did not answer in time, or lacks the topic: the text says what to do."""


class EnforcementReader:
    """``caught_up``: all that stood in the topic when it was opened has been read.

    ``config``: of a confluent-kafka consumer, with its bootstrap servers.
    """

    def __init__(self, config: Mapping[str, Any], topic: str, wait_s: float) -> None:
        own = {"enable.auto.commit": False, "enable.partition.eof": True, "isolation.level": "read_committed"}
        self._consumer = Consumer({**config, **own, "auto.offset.reset": "earliest"})
        self._topic = topic
        try:
            numbers = self._partitions(wait_s)
        except BaseException:
            self._consumer.close()
            raise
        self._unread = set(numbers)
        self._consumer.assign([TopicPartition(topic, number, 0) for number in numbers])

    @property
    def caught_up(self) -> bool:
        return not self._unread

    def poll(self, timeout_s: float) -> list[tuple[str, bytes | None]]:
        """Keys and values of the records that have come, waiting for the first of them at most so long."""
        first = self._consumer.poll(timeout_s)
        found: list[tuple[str, bytes | None]] = []
        for message in () if first is None else (first, *self._consumer.consume(_MOST, 0)):
            error, key = message.error(), message.key()
            if error is not None:
                if error.code() == KafkaError._PARTITION_EOF:
                    self._unread.discard(message.partition())
                else:
                    raise_unless_transient(error)
            elif key is not None:
                found.append((key.decode("utf-8", "replace"), message.value()))
        return found

    def close(self) -> None:
        self._consumer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _partitions(self, wait_s: float) -> list[int]:
        until_s = time.monotonic() + wait_s
        while True:
            left_s = max(0.1, until_s - time.monotonic())
            try:
                found = self._consumer.list_topics(self._topic, timeout=min(5.0, left_s)).topics[self._topic]
            except KafkaException as error:
                raise_unless_transient(error.args[0])
                trouble = f"Kafka does not answer ({error.args[0].name()}): is it running, and is the address right?"
            else:
                if found.error is None:
                    return sorted(found.partitions)
                trouble = f"topic {self._topic} is missing: run 'weir topics apply'"
            if time.monotonic() >= until_s:
                raise EnforcementsAway(trouble)
            time.sleep(_SLICE_S)
