"""Reading verdicts and labels, without a consumer group, in the one order in which they were appended."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin._listoffsets import OffsetSpec

from streams.kafka import admin_client, consumer_config, raise_unless_transient, watermark
from streams.learning.order import Order, Placed
from streams.settings import Settings
from streams.topics import LABELS, VERDICTS

# From the newest record's arrival until the ends are asked for: meanwhile the broker's clock has moved on, and what
# it had stamped before has become visible.
_SETTLE_S = 0.1
_POLL_S = 0.05
_ASK_S = 10
_AT_ONCE = 2000
# Records that a partition may be ahead of the others: so many for all partitions together, but so many at least.
_AHEAD, _LEAST_AHEAD = 40_000, 1000


class LearnerLog:
    """All partitions of ``verdicts`` and of ``labels``; of one moment, verdicts come first, so that a label finds its
    decision. ``ids``: Kafka's ids of the topics, by name.
    """

    def __init__(self, settings: Settings, ids: Mapping[str, str]) -> None:
        self._settings = settings
        self._admin = admin_client(settings)
        config = consumer_config(settings, f"{settings.namespace}-learner")
        self._consumer = Consumer(config | {"enable.partition.eof": True})
        self._places: dict[tuple[str, int], str] = {}
        self._partitions: dict[str, TopicPartition] = {}
        for name in (VERDICTS, LABELS):
            topic = settings.topic(name)
            for number in self._consumer.list_topics(topic, timeout=30).topics[topic].partitions:
                place = f"{ids[topic]}:{number}"
                self._places[topic, number] = place
                self._partitions[place] = TopicPartition(topic, number)
        self._labels = settings.topic(LABELS)
        ranks = {place: int(where.topic == self._labels) for place, where in self._partitions.items()}
        self._order: Order[Message] = Order(ranks)
        self._position: dict[str, int] = {}
        self._paused: set[str] = set()
        self._most_ahead = max(_LEAST_AHEAD, _AHEAD // len(ranks))
        # Up to which moment everything is to be known, and from when on the ends may be asked for.
        self._cut: tuple[int, float] | None = None
        self._ends: dict[str, int] = {}

    @property
    def places(self) -> Sequence[str]:
        return tuple(self._partitions)

    def is_label(self, place: str) -> bool:
        return self._partitions[place].topic == self._labels

    def assign(self, starts: Mapping[str, int]) -> None:
        """Read each place from this offset on, or from the first that is still retained."""
        for place, where in self._partitions.items():
            low, _ = watermark(self._consumer, where.topic, where.partition)
            self._position[place] = max(low, starts[place])
        self._consumer.assign(
            [TopicPartition(w.topic, w.partition, self._position[p]) for p, w in self._partitions.items()]
        )

    def read(self) -> list[Placed[Message]]:
        """What is next in the order, after a moment's wait if nothing is; raises KafkaException."""
        first = self._consumer.poll(_POLL_S)
        if first is not None:
            for message in [first, *self._consumer.consume(_AT_ONCE, 0)]:
                self._take(message)
        self._settle()
        ready = list(self._order.ready())
        self._hold_back()
        return ready

    def close(self) -> None:
        self._consumer.close()

    def _take(self, message: Message) -> None:
        topic, number, offset = message.topic(), message.partition(), message.offset()
        error = message.error()
        if error is not None and error.code() != KafkaError._PARTITION_EOF:
            raise_unless_transient(error)
            return
        assert topic is not None
        assert number is not None
        assert offset is not None
        place = self._places[topic, number]
        if error is not None:
            # The end may lie behind what is no record: marks of transactions.
            self._position[place] = max(self._position[place], offset)
            return
        self._position[place] = offset + 1
        self._order.add(place, offset, message.timestamp()[1], message)

    def _settle(self) -> None:
        """Find out which partitions have nothing more of the time up to the newest record's."""
        now_s = time.monotonic()
        if self._cut is None:
            if self._order.waiting:
                self._cut = self._order.newest_ms, now_s + _SETTLE_S
            return
        until_ms, from_s = self._cut
        if now_s < from_s or (not self._ends and not self._ask()):
            return
        for place, end in list(self._ends.items()):
            if self._position[place] >= end:
                self._order.complete(place, until_ms)
            # One that waits ahead of the others does not come to its end, and need not.
            if self._order.is_known(place, until_ms):
                del self._ends[place]
        if not self._ends:
            self._cut = None

    def _ask(self) -> bool:
        asked = self._admin.list_offsets(
            {where: _latest() for where in self._partitions.values()}, request_timeout=_ASK_S
        )
        try:
            for where, future in asked.items():
                self._ends[self._places[where.topic, where.partition]] = future.result().offset
        except KafkaException as error:
            # Kafka is away, and its clients have said so.
            self._ends.clear()
            raise_unless_transient(error.args[0])
            return False
        return True

    def _hold_back(self) -> None:
        """Let partitions wait that are far ahead of the others, or a backlog would be held in memory whole."""
        for place, where in self._partitions.items():
            held = self._order.held(place)
            if place in self._paused:
                if held < self._most_ahead // 4 or self._order.holds_back(place):
                    self._consumer.resume([where])
                    self._paused.discard(place)
            elif held > self._most_ahead and not self._order.holds_back(place):
                self._consumer.pause([where])
                self._paused.add(place)


def _latest() -> OffsetSpec:
    return OffsetSpec.latest()  # type: ignore[no-untyped-call, no-any-return]
