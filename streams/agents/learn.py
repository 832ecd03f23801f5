"""learn: labels meet the decisions that they are about, and models learn, each input exactly once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping

import msgspec
import structlog
from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from features.catalogue import Catalogue
from features.errors import InvalidEvent
from models.learning.decisions import Decision, Decisions, decision_of
from models.learning.learner import GivenLabel, LabelResult, ModelLearner
from models.learning.quality import RollingQuality
from models.verdict import decode
from streams import metrics
from streams.agents.checkpoints import Checkpoints
from streams.kafka import consumer_config, raise_unless_transient, wait_for_topics, watermark
from streams.settings import Settings
from streams.sinks.dead_letters import DeadLetters
from streams.sinks.intake import Taken
from streams.topics import CONTROL, DEAD_LETTERS, LABELS, VERDICTS
from streams.wire import OFFSET_HEADER, PARTITION_HEADER, TOPIC_ID_HEADER, RecordRef, decode_label, read_origin

log = structlog.get_logger()
# A checkpoint that only moves positions saves reading at a restart, and is not urgent.
_POSITIONS_S = 60.0


class Learn:
    """Reads verdicts and labels from where the checkpoints stand, without a consumer group of its own."""

    def __init__(self, settings: Settings, catalogues: Mapping[str, Catalogue], stop: threading.Event) -> None:
        self._settings = settings
        self._kinds = frozenset(catalogues)
        self._ids = wait_for_topics(settings, [VERDICTS, LABELS, DEAD_LETTERS, CONTROL], stop)
        self._checkpoints = Checkpoints(settings, catalogues)
        self._learners = self._checkpoints.restore()
        self._decisions = Decisions(settings.remember_decisions)
        self._quality = {name: RollingQuality() for name in self._learners}
        self._letters = DeadLetters(settings, LABELS)
        self._stop = stop
        self._read: dict[str, int] = {}
        self._catching_up: dict[str, int] = {}
        self._consumer = Consumer(consumer_config(settings, f"{settings.namespace}-learner"))
        self._learned = {name: learner.scorer.learned for name, learner in self._learners.items()}
        self._saved_s = dict.fromkeys(self._learners, time.monotonic())

    def run(self, on_ready: Callable[[], None]) -> None:
        """Learn until ``stop`` is set, then make a last checkpoint; raises on what it cannot mend."""
        starts = self._start()
        self._consumer.assign(starts)
        # Until a partition's reading is where it was, the decisions before that are not all remembered again.
        self._catching_up = {
            f"{self._ids[start.topic]}:{start.partition}": start.offset
            for start in starts
            if start.topic == self._settings.topic(VERDICTS)
        }
        on_ready()
        try:
            while not self._stop.is_set():
                first = self._consumer.poll(0.2)
                if first is not None:
                    for message in [first, *self._consumer.consume(1000, 0)]:
                        if self._stop.is_set():
                            break
                        self._take(message)
                self._save(self._due())
            self._save(learner for learner in self._learners.values() if learner.changed)
        finally:
            self._consumer.close()

    def _start(self) -> list[TopicPartition]:
        """From the least position of all learners, or earlier where remembered decisions have to be met again."""
        starts = []
        for name in (VERDICTS, LABELS):
            topic = self._settings.topic(name)
            for number in self._consumer.list_topics(topic, timeout=30).topics[topic].partitions:
                place = f"{self._ids[topic]}:{number}"
                states = [learner.state for learner in self._learners.values()]
                wanted = [state.positions.get(place, 0) for state in states]
                wanted += [state.remembered[place] for state in states if place in state.remembered]
                low, _ = watermark(self._consumer, topic, number)
                starts.append(TopicPartition(topic, number, max(low, min(wanted))))
        return starts

    def _take(self, message: Message) -> None:
        error = message.error()
        if error is not None:
            if error.code() != KafkaError._PARTITION_EOF:
                raise_unless_transient(error)
            return
        topic, number, offset = message.topic(), message.partition(), message.offset()
        assert topic is not None
        assert number is not None
        assert offset is not None
        where = RecordRef(topic, self._ids[topic], number, offset, message.timestamp()[1])
        if topic == self._settings.topic(LABELS):
            self._take_label(where, message.value())
        else:
            self._take_verdict(where, message)

    def _remembered(self) -> dict[str, int]:
        """Where a next learner has to begin reading verdicts, to meet all remembered decisions again."""
        oldest = self._decisions.oldest()
        for place, start in list(self._catching_up.items()):
            position = max(learner.state.positions.get(place, 0) for learner in self._learners.values())
            if self._read.get(place, start) >= position:
                del self._catching_up[place]
            else:
                oldest[place] = start
        return oldest

    def _take_verdict(self, where: RecordRef, message: Message) -> None:
        self._read[where.place] = where.offset + 1
        origin = read_origin(message.headers())
        try:
            decision = decision_of(decode(message.value() or b""))
            source = f"{origin[TOPIC_ID_HEADER]}:{origin[PARTITION_HEADER]}"
            source_offset = int(origin[OFFSET_HEADER])
        except (msgspec.MsgspecError, UnicodeError, KeyError, ValueError):
            # The indexer reads the same record and reports it; here it teaches nothing.
            for learner in self._learners.values():
                learner.skip(where.place, where.offset)
            return
        self._decisions.add(decision, where.place, where.offset)
        for learner in self._learners.values():
            for given, result in learner.on_verdict(where.place, where.offset, decision, source, source_offset):
                self._note(learner, decision, given, result)

    def _take_label(self, where: RecordRef, value: bytes | None) -> None:
        try:
            latest_ms = where.append_ms + self._settings.max_future_s * 1000
            label = decode_label(value, self._settings.max_record_bytes, latest_ms)
            if label.data.kind not in self._kinds:
                raise InvalidEvent("label", "the label's kind is not known here")
        except InvalidEvent as error:
            positions = [learner.state.positions.get(where.place, 0) for learner in self._learners.values()]
            if where.offset >= max(positions):
                refused = Taken(value, None, where.partition, where.offset, where.append_ms)
                if not self._letters.send([(refused, error)], lambda seconds: not self._stop.wait(seconds)):
                    # Stopping while Kafka is away: the label is not passed, and is met again by the next learner.
                    return
            for learner in self._learners.values():
                learner.skip(where.place, where.offset)
            return
        given = GivenLabel(label.data.label, label.data.by, label.time_ms)
        decision = self._decisions.get(label.decision_id)
        for learner in self._learners.values():
            result = learner.on_label(where.place, where.offset, label.data.kind, label.decision_id, given, decision)
            if result is not LabelResult.NOT_MINE:
                self._note(learner, decision, given, result)

    def _note(self, learner: ModelLearner, decision: Decision | None, given: GivenLabel, result: LabelResult) -> None:
        metrics.LABELS.labels(learner.kind, result.value).inc()
        metrics.WAITING_LABELS.labels(learner.name).set(len(learner.state.waiting))
        if result is not LabelResult.LEARNED or decision is None:
            return
        for name, score in decision.scores.items():
            if name in self._quality:
                quality = self._quality[name]
                quality.add(score, given.label == "abuse")
                if quality.auc is not None:
                    metrics.MODEL_AUC.labels(name).set(quality.auc)

    def _due(self) -> list[ModelLearner]:
        now_s = time.monotonic()
        return [
            learner
            for name, learner in self._learners.items()
            if now_s - self._saved_s[name] >= (self._settings.checkpoint_s if learner.changed else _POSITIONS_S)
        ]

    def _save(self, learners: Iterable[ModelLearner]) -> None:
        for learner in learners:
            self._checkpoints.save(learner, self._remembered())
            self._saved_s[learner.name] = time.monotonic()
            metrics.LEARNED.labels(learner.name).inc(learner.scorer.learned - self._learned[learner.name])
            self._learned[learner.name] = learner.scorer.learned
