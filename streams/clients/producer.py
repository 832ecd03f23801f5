"""The client that upstream teams import: it validates as the pipeline will, sends, and awaits the delivery."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from types import TracebackType
from typing import Any, Self

import structlog
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from features.errors import InvalidEvent
from features.event import EventDecoder, open_envelope
from features.kind import Kind
from features.kinds import load_kinds
from streams.clients.report import DeliveryError, Refused, Report
from streams.settings import Settings
from streams.topics import LABELS
from streams.wire import decode_label

_KEPT_REFUSALS = 100
_POLL_S = 0.1
_NO_TOPIC = (KafkaError._UNKNOWN_TOPIC, KafkaError.UNKNOWN_TOPIC_OR_PART)
_AWAY = (KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT, KafkaError._RESOLVE, KafkaError._TIMED_OUT)

_log = structlog.get_logger()


class EventProducer:
    """Sends events and labels, each exactly once, in order for each key. For one thread.

    ``send`` raises Refused at once for a record that the pipeline would put into dead-letters. It returns before
    the delivery: ``flush`` (and leaving the ``with`` block) awaits that. While Kafka is away both wait for it.

    ``kinds``: those whose events may be sent, all that ship by default. ``options``: librdkafka's own settings,
    for instance for TLS. The example runs on librdkafka's mock broker; leave that option out.

    >>> login = {
    ...     "specversion": "1.0", "id": "1", "source": "auth/eu-1", "type": "login",
    ...     "time": "2026-11-21T05:00:00Z", "data": {"account": "ada", "success": True},
    ... }
    >>> with EventProducer("127.0.0.1:9092", options={"test.mock.num.brokers": 1}) as producer:
    ...     producer.send(login)
    ...     try:
    ...         producer.send({**login, "id": "2", "data": {"account": "ada"}})
    ...     except Refused as refused:
    ...         print(refused)
    ...     report = producer.flush()
    field: Object missing required field `success` - at `$.data`
    >>> report.sent, report.refused
    (1, {'field': 1})
    """

    def __init__(
        self,
        bootstrap: str,
        kinds: Mapping[str, Kind] | None = None,
        topic_prefix: str = "",
        max_record_bytes: int = 131_072,
        max_future_s: int = 300,
        options: Mapping[str, Any] | None = None,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        known = load_kinds() if kinds is None else kinds
        self._decoders = {name: EventDecoder(kind, max_record_bytes, max_future_s) for name, kind in known.items()}
        self._prefix = topic_prefix
        self._longest = max_record_bytes
        self._max_future_ms = max_future_s * 1000
        self._now_s = now_s
        self._number = 0
        self._sent = 0
        self._refused: Counter[str] = Counter()
        self._refusals: list[Refused] = []
        self._fatal: str | None = None
        self._away = False
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "enable.idempotence": True,
                "acks": "all",
                "linger.ms": 5,
                "compression.type": "lz4",
                "partitioner": "murmur2_random",
                "message.timeout.ms": 0,
                "queue.buffering.max.messages": 50_000,
                "reconnect.backoff.ms": 100,
                "reconnect.backoff.max.ms": 5000,
                "log_level": 0,
                "error_cb": self._on_error,
                **(options or {}),
            }
        )

    @classmethod
    def of(cls, settings: Settings, kinds: Mapping[str, Kind] | None = None) -> Self:
        """A producer for the Kafka, the kinds and the limits that the settings name."""
        return cls(
            settings.kafka,
            load_kinds(settings.kinds_folders) if kinds is None else kinds,
            settings.topic_prefix,
            settings.max_record_bytes,
            settings.max_future_s,
        )

    def send(self, record: bytes | Mapping[str, Any]) -> None:
        """Send one event to the topic of its type; raises Refused, or DeliveryError when nothing can be sent."""
        self._number += 1
        try:
            encoded = _encode(record)
            kind = open_envelope(encoded, self._longest).type
            decoder = self._decoders.get(kind)
            if decoder is None:
                raise InvalidEvent("kind", f"the type is none of {', '.join(sorted(self._decoders))}")
            event = decoder.decode(encoded, int(self._now_s() * 1000))
        except InvalidEvent as error:
            raise self._refuse(self._number, error.reason, error.detail) from None
        self._produce(kind, event.partition_key, encoded)

    def send_label(self, record: bytes | Mapping[str, Any]) -> None:
        """Send one label, keyed by the decision that it is about; raises Refused, or DeliveryError."""
        self._number += 1
        try:
            encoded = _encode(record)
            label = decode_label(encoded, self._longest, int(self._now_s() * 1000) + self._max_future_ms)
        except InvalidEvent as error:
            raise self._refuse(self._number, error.reason, error.detail) from None
        self._produce(LABELS, label.decision_id, encoded)

    def flush(self, timeout_s: float | None = None) -> Report:
        """Await the delivery of everything sent; raises DeliveryError, also when ``timeout_s`` has passed."""
        until_s = None if timeout_s is None else time.monotonic() + timeout_s
        while self._producer.flush(_POLL_S):
            self._raise_if_fatal()
            if until_s is not None and time.monotonic() >= until_s:
                raise DeliveryError(f"{len(self._producer)} records are not delivered after {timeout_s} s")
        self._raise_if_fatal()
        unknown = sum(decoder.unknown_fields for decoder in self._decoders.values())
        return Report(self._sent, dict(self._refused), tuple(self._refusals), unknown)

    close = flush

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()

    def _produce(self, topic: str, key: str, record: bytes) -> None:
        delivered = partial(self._on_delivery, self._number)
        while True:
            self._raise_if_fatal()
            try:
                self._producer.produce(self._prefix + topic, record, key.encode(), on_delivery=delivered)
            except BufferError:
                # The local queue is full: deliveries make room, and a Kafka that is away makes the caller wait.
                self._producer.poll(_POLL_S)
            except KafkaException as error:
                raise DeliveryError(f"Kafka: {error.args[0].name()}") from None
            else:
                self._producer.poll(0)
                return

    def _on_delivery(self, number: int, error: KafkaError | None, message: Message) -> None:
        if error is None:
            self._sent += 1
            if self._away:
                self._away = False
                _log.info("kafka_back")
        elif error.code() in (KafkaError._PURGE_QUEUE, KafkaError._PURGE_INFLIGHT, KafkaError._FATAL):
            self._fatal = self._fatal or error.name()
        elif error.code() in _NO_TOPIC:
            self._refuse(number, "kafka", f"{error.name()}: weir topics apply creates the topics")
        else:
            self._refuse(number, "kafka", error.name())

    def _on_error(self, error: KafkaError) -> None:
        if error.fatal() or error.code() == KafkaError._AUTHENTICATION:
            self._fatal = error.name()
        elif error.code() in _AWAY and not self._away:
            self._away = True
            _log.warning("kafka_away", error=error.name(), action="waiting with backoff until it answers")

    def _refuse(self, number: int, reason: str, detail: str) -> Refused:
        refused = Refused(number, reason, detail)
        self._refused[reason] += 1
        if len(self._refusals) < _KEPT_REFUSALS:
            self._refusals.append(refused)
        return refused

    def _raise_if_fatal(self) -> None:
        if self._fatal is not None:
            raise DeliveryError(f"Kafka refuses this producer: {self._fatal}")


def _encode(record: bytes | Mapping[str, Any]) -> bytes:
    """JSON that is no more lenient than the decoder: no NaN, no lone surrogates."""
    if isinstance(record, bytes):
        return record
    try:
        return json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        raise InvalidEvent("encoding", "a string is not UTF-8") from None
    except (TypeError, ValueError, RecursionError):
        raise InvalidEvent("json", "a value has no JSON form") from None
