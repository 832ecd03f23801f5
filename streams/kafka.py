"""What every confluent-kafka client here shares: its configuration, its one log line, its transient errors."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient

from streams.settings import Settings

log = structlog.get_logger()

_QUIET_S = 60.0
_TRANSIENT = {
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._TRANSPORT,
    KafkaError._RESOLVE,
    KafkaError._TIMED_OUT,
    KafkaError._TIMED_OUT_QUEUE,
    KafkaError._WAIT_COORD,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.NETWORK_EXCEPTION,
    KafkaError.BROKER_NOT_AVAILABLE,
    KafkaError.REPLICA_NOT_AVAILABLE,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError._UNKNOWN_PARTITION,
    KafkaError._UNKNOWN_TOPIC,
    KafkaError.REQUEST_TIMED_OUT,
}


def common_config(settings: Settings, client: str) -> dict[str, Any]:
    return {
        "bootstrap.servers": settings.kafka,
        "client.id": client,
        "error_cb": _once(client),
        # Without this librdkafka writes every failed connection to standard error.
        "log_level": 2,
        "reconnect.backoff.max.ms": 2000,
        "topic.metadata.refresh.interval.ms": 10_000,
        "allow.auto.create.topics": False,
    }


def consumer_config(settings: Settings, group: str) -> dict[str, Any]:
    return {
        **common_config(settings, group),
        "group.id": group,
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        "fetch.wait.max.ms": 100,
        "queued.min.messages": 20_000,
        "queued.max.messages.kbytes": 65_536,
        "session.timeout.ms": 10_000,
        # Faust reads what is not committed too: a refill has to see the very same records.
        "isolation.level": "read_uncommitted",
    }


def producer_config(settings: Settings, client: str) -> dict[str, Any]:
    """Idempotent, acknowledged by all; a record waits for an absent Kafka for ever rather than be dropped."""
    return {
        **common_config(settings, client),
        "enable.idempotence": True,
        "acks": "all",
        "partitioner": "murmur2_random",
        "linger.ms": 5,
        "batch.size": 500_000,
        "compression.type": "lz4",
        "message.timeout.ms": 0,
        # The topic's own limit decides, see streams/topics.py.
        "message.max.bytes": 100_000_000,
    }


def admin_client(settings: Settings) -> AdminClient:
    return AdminClient(common_config(settings, f"{settings.namespace}-admin"))


def topic_ids(admin: AdminClient, names: list[str]) -> dict[str, str]:
    """Kafka's own id of each topic, which a re-created topic does not share; raises KafkaException."""

    futures = admin.describe_topics(TopicCollection(names), request_timeout=10)
    return {name: str(future.result(timeout=15).topic_id) for name, future in futures.items()}


class Stopped(Exception):
    """The process was told to end while it waited for Kafka: end, there is nothing to finish."""


def wait_for_topics(settings: Settings, names: Sequence[str], stop: threading.Event | None = None) -> dict[str, str]:
    """Kafka's ids of these topics (named without prefix), waiting until Kafka and all of them are there.

    Raises Stopped once ``stop`` is set.
    """
    stop = stop or threading.Event()
    admin = admin_client(settings)
    wanted = [settings.topic(name) for name in names]
    delay_s, said = 0.2, ""
    while True:
        try:
            present = admin.list_topics(timeout=3).topics
            missing = [name for name in wanted if name not in present]
            if not missing:
                return topic_ids(admin, wanted)
            trouble = f"topics are missing: {', '.join(missing)}: run 'weir topics apply'"
        except (KafkaException, TimeoutError) as error:
            why = error.args[0].name() if isinstance(error, KafkaException) else "timeout"
            trouble = f"Kafka at {settings.kafka} does not answer: {why}"
        if trouble != said:
            log.warning("waiting_for_kafka", why=trouble)
            said = trouble
        if stop.wait(delay_s):
            raise Stopped
        delay_s = min(5.0, delay_s * 2)


def raise_unless_transient(error: KafkaError) -> None:
    """Let pass what a client mends by itself; raise the rest."""
    if error.code() not in _TRANSIENT and not error.retriable():
        raise KafkaException(error)


def insist(call: Callable[[], object]) -> None:
    """Call until it ends: a Kafka that is away is waited for, and its client has said so."""
    while True:
        try:
            call()
        except KafkaException as error:
            if not error.args[0].retriable():
                raise
        else:
            return


def watermark(consumer: Consumer, topic: str, partition: int) -> tuple[int, int]:
    """The first retained offset, and the next to be written; waits for a Kafka that is away."""

    while True:
        try:
            low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)
        except KafkaException as error:
            # Kafka is away, and its client has said so.
            raise_unless_transient(error.args[0])
            continue
        return int(low), int(high)


def _once(client: str) -> Callable[[KafkaError], None]:
    """Say that Kafka is away once, not with every attempt: an error is said again after a quiet minute."""
    met_s: dict[int, float] = {}

    def callback(error: KafkaError) -> None:
        now_s = time.monotonic()
        before_s = met_s.get(error.code(), -_QUIET_S)
        met_s[error.code()] = now_s
        if now_s - before_s >= _QUIET_S and error.code() != KafkaError._PARTITION_EOF:
            log.warning("kafka_trouble", client=client, error=error.name(), doing="retrying with backoff")

    return callback
