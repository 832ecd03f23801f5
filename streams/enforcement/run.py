"""The enforcer: verdicts in, what is enforced out, each transaction with the positions up to which it tells."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Callable

import msgspec
import structlog
from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from streams import metrics
from streams.control import ControlReader
from streams.enforcement.fold import Result, State
from streams.enforcement.protected import Protected
from streams.enforcement.read import EnforcementReader
from streams.enforcement.verdict import decode_decided, read_source
from streams.enforcement.write import EnforcementWriter
from streams.kafka import consumer_config, raise_unless_transient, wait_for_topics, watermark
from streams.settings import Settings
from streams.topics import CONTROL, ENFORCEMENTS, VERDICTS

log = structlog.get_logger()
_BATCH = 5000
# Positions alone save reading at a restart, and are not urgent.
_POSITIONS_S = 1.0
_SWEEP_S = 1.0
_SWEPT = 20_000
# What has expired goes a little later: the clocks of those who read it may be behind ours.
_GRACE_MS = 5000
_LAG_S = 5.0
_FORGET_S = 3600.0
# Kafka keeps a record until its whole segment is old enough, and begins a new segment once a week by default.
_BEYOND_RETENTION_MS = 8 * 86_400_000


def run_enforcer(settings: Settings, stop: threading.Event, on_ready: Callable[[], None]) -> None:
    """Fold until ``stop`` is set; raises Fenced once another enforcer was started.

    ``on_ready`` is called once, when everything that was enforced is known.
    """
    ids = wait_for_topics(settings, [VERDICTS, ENFORCEMENTS, CONTROL], stop)
    writer = EnforcementWriter(settings)
    protected = Protected()
    control = ControlReader(settings, protected.on_control)
    control.read_to_end()
    control.follow()
    # From here on nobody else writes, so what is read now is the newest.
    state = _read_state(settings, stop, protected)
    config = consumer_config(settings, f"{settings.namespace}-enforcer")
    consumer = Consumer(config | {"isolation.level": "read_committed"})
    try:
        topic = settings.topic(VERDICTS)
        enforcer = Enforcer(settings.retention_hours, consumer, topic, ids[topic], writer, state, protected)
        log.info("enforcements_read", targets=len(state.targets))
        on_ready()
        while not stop.is_set():
            if control.failure is not None:
                raise control.failure
            enforcer.step()
        enforcer.commit()
    finally:
        control.stop()
        consumer.close()


def _read_state(settings: Settings, stop: threading.Event, protected: Protected) -> State:
    state, passed_over = State(protected.covers), 0
    config = consumer_config(settings, f"{settings.namespace}-enforcer-state")
    with EnforcementReader(config, settings.topic(ENFORCEMENTS), wait_s=600) as reader:
        while not (reader.caught_up or stop.is_set()):
            for key, value in reader.poll(0.5):
                passed_over += not state.load(key, value)
    if passed_over:
        log.error("enforcements_refused", records=passed_over, why="no enforcer writes such", doing="passed over")
    return state


class Enforcer:
    """Reads all partitions of verdicts from where the last transaction ended, whoever made it."""

    def __init__(
        self,
        retention_hours: int,
        consumer: Consumer,
        topic: str,
        topic_id: str,
        writer: EnforcementWriter,
        state: State,
        protected: Protected,
    ) -> None:
        self._keep_ms = retention_hours * 3_600_000 + _BEYOND_RETENTION_MS
        self._consumer = consumer
        self._topic = topic
        self._topic_id = topic_id
        self._writer = writer
        self._state = state
        self._protected = protected
        self._results: Counter[Result] = Counter()
        self._next: dict[int, int] = {}
        self._moved_ms: dict[int, int] = {}
        self._enforced_at_ms: list[int] = []
        now_s = time.monotonic()
        self._committed_s = now_s
        self._swept_s = self._lag_s = self._forgot_s = -math.inf
        metrics.ENFORCED_TARGETS.set(len(state.targets))
        consumer.assign(self._starts())

    def step(self) -> int:
        """Take what has come, waiting for it for a fraction of a second, and write what follows; how many it were."""
        taken = 0
        first = self._consumer.poll(0.2)
        if first is not None:
            for message in (first, *self._consumer.consume(_BATCH, 0)):
                self._take(message)
            for result, count in self._results.items():
                metrics.FOLDED.labels(result.value).inc(count)
                taken += count
            self._results.clear()
        now_s = time.monotonic()
        if now_s - self._swept_s >= _SWEEP_S:
            self._swept_s = now_s
            self._keep_house(now_s)
        if self._state.urgent or now_s - self._committed_s >= _POSITIONS_S:
            self.commit()
        return taken

    def commit(self) -> None:
        """Write everything that has changed, if anything; what Kafka does not take is written with the next call."""
        for number, at_ms in self._moved_ms.items():
            self._state.passed(self._place(number), self._next[number] - 1, at_ms)
        self._moved_ms.clear()
        changes = self._state.changes()
        if not changes or not self._writer.write(changes):
            return
        self._state.written()
        self._committed_s = time.monotonic()
        now_ms = time.time() * 1000
        for at_ms in self._enforced_at_ms:
            metrics.ENFORCEMENT_SECONDS.observe(max(0.0, (now_ms - at_ms) / 1000))
        self._enforced_at_ms.clear()
        metrics.ENFORCED_TARGETS.set(len(self._state.targets))

    def _starts(self) -> list[TopicPartition]:
        """Behind what was taken, or at the first record that is retained."""
        while True:
            try:
                numbers = self._consumer.list_topics(self._topic, timeout=30).topics[self._topic].partitions
                break
            except KafkaException as error:
                raise_unless_transient(error.args[0])
        for number in numbers:
            low, _ = watermark(self._consumer, self._topic, number)
            self._next[number] = max(low, self._state.next_offset(self._place(number)))
        return [TopicPartition(self._topic, number, offset) for number, offset in self._next.items()]

    def _place(self, number: int) -> str:
        return f"{self._topic_id}:{number}"

    def _take(self, message: Message) -> None:
        error = message.error()
        if error is not None:
            raise_unless_transient(error)
            return
        number, offset, at_ms = message.partition(), message.offset(), message.timestamp()[1]
        assert number is not None
        assert offset is not None
        self._next[number] = offset + 1
        self._moved_ms[number] = at_ms
        try:
            decided = decode_decided(message.value() or b"")
        except (msgspec.MsgspecError, UnicodeError):
            # The indexer reads the same record and reports it; here it enforces nothing.
            result = Result.REFUSED
        else:
            result = self._state.take(decided, read_source(self._place(number), message.headers()), at_ms)
        self._results[result] += 1
        if result is Result.ENFORCED:
            self._enforced_at_ms.append(at_ms)

    def _keep_house(self, now_s: float) -> None:
        now_ms = int(time.time() * 1000)
        if self._protected.changed() and (released := self._state.release(now_ms)):
            log.warning("enforcements_released", targets=released, why="protected")
        self._state.sweep(now_ms - _GRACE_MS, _SWEPT)
        if now_s - self._forgot_s >= _FORGET_S:
            self._forgot_s = now_s
            self._state.forget(now_ms - self._keep_ms)
        if now_s - self._lag_s >= _LAG_S:
            self._lag_s = now_s
            metrics.ENFORCER_LAG.set(sum(self._waiting(number) for number in self._next))

    def _waiting(self, number: int) -> int:
        _, high = watermark(self._consumer, self._topic, number)
        return max(0, high - self._next[number])
