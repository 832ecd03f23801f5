"""The private texts of labelled events, read again from Kafka while it retains them: they are stored nowhere else."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from features.errors import InvalidEvent
from features.event import EventDecoder
from features.kind import Kind
from models.learning.decisions import Decision
from models.scorers import Text
from models.text_of import text_of
from streams.kafka import Stopped, consumer_config, raise_unless_transient
from streams.settings import Settings

_Place = tuple[str, int]
_Wanted = dict[_Place, deque[tuple[int, Decision]]]
# A record that is not much further on is reached sooner by reading on than by a new fetch.
_NEAR = 200
# Whoever hears nothing for so long begins again: what is asked for is there.
_ANEW_S = 10.0
_ASK_S = 2
_GONE = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION}


class TextReader:
    """Reads single records by their coordinates, with a consumer of its own."""

    def __init__(self, settings: Settings, kinds: Mapping[str, Kind], stop: threading.Event) -> None:
        config = consumer_config(settings, f"{settings.namespace}-texts")
        config |= {"enable.partition.eof": True, "fetch.message.max.bytes": 65_536, "fetch.wait.max.ms": 10}
        # One record is wanted here and there: hardly anything is fetched ahead.
        config |= {"queued.min.messages": 1, "fetch.queue.backoff.ms": 5}
        self._consumer = Consumer(config)
        self._decoders = {
            name: EventDecoder(kind, settings.max_record_bytes, settings.max_future_s) for name, kind in kinds.items()
        }
        self._stop = stop

    def read(self, decisions: Iterable[Decision]) -> dict[str, Text | None]:
        """By decision id, the texts that are still retained: None of an event that has none.

        Waits for a Kafka that is away; raises Stopped if that would never end, KafkaException for what waiting does
        not mend.
        """
        wanted = self._retained(decisions)
        if not wanted:
            return {}
        found: dict[str, Text | None] = {}
        last_s = 0.0
        try:
            while wanted:
                if time.monotonic() - last_s > _ANEW_S:
                    self._consumer.assign([TopicPartition(*at, offsets[0][0]) for at, offsets in wanted.items()])
                    last_s = time.monotonic()
                message = self._consumer.poll(0.2)
                if message is not None:
                    last_s = time.monotonic()
                    self._take(message, wanted, found)
                elif self._stop.is_set():
                    raise Stopped
        finally:
            self._consumer.unassign()
        return found

    def close(self) -> None:
        self._consumer.close()

    def _retained(self, decisions: Iterable[Decision]) -> _Wanted:
        """By partition, in the order of offsets, those that lie within what it holds at present."""
        places: dict[_Place, dict[int, Decision]] = defaultdict(dict)
        for decision in decisions:
            if decision.origin is not None:
                places[decision.origin.topic, decision.origin.partition][decision.origin.offset] = decision
        wanted: _Wanted = {}
        for place, there in places.items():
            low, high = self._bounds(place)
            inside = deque(sorted((item for item in there.items() if low <= item[0] < high), key=lambda one: one[0]))
            if inside:
                wanted[place] = inside
        return wanted

    def _bounds(self, place: _Place) -> tuple[int, int]:
        while not self._stop.is_set():
            try:
                return self._consumer.get_watermark_offsets(TopicPartition(*place), timeout=_ASK_S)
            except KafkaException as error:
                if error.args[0].code() in _GONE:
                    return 0, 0
                raise_unless_transient(error.args[0])
        raise Stopped

    def _take(self, message: Message, wanted: _Wanted, found: dict[str, Text | None]) -> None:
        topic, partition, offset, error = message.topic(), message.partition(), message.offset(), message.error()
        if error is not None and error.code() != KafkaError._PARTITION_EOF:
            if error.code() in _GONE and topic is not None and partition is not None:
                wanted.pop((topic, partition), None)
            else:
                raise_unless_transient(error)
            return
        assert topic is not None
        assert partition is not None
        assert offset is not None
        offsets = wanted.get((topic, partition))
        if offsets is None:
            return
        # What is passed over is gone: no record has its offset.
        while offsets and offsets[0][0] < offset:
            offsets.popleft()
        if error is None and offsets and offsets[0][0] == offset:
            self._decode(offsets.popleft()[1], message.value(), found)
        if not offsets or error is not None:
            del wanted[topic, partition]
            if wanted:
                self._consumer.incremental_unassign([TopicPartition(topic, partition)])
        elif offsets[0][0] > offset + _NEAR:
            self._consumer.seek(TopicPartition(topic, partition, offsets[0][0]))

    def _decode(self, decision: Decision, record: bytes | None, found: dict[str, Text | None]) -> None:
        decoder = self._decoders.get(decision.kind)
        if decoder is None:
            return
        try:
            event = decoder.decode(record)
        except InvalidEvent:
            return
        # The topic may have been made anew: then another event stands there.
        if event.decision_id == decision.id:
            found[decision.id] = text_of(event)
