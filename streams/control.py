"""The control topic as every process reads it: the newest value of each key, and a call for each change."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog
from confluent_kafka import Consumer, KafkaError, TopicPartition

from streams.kafka import consumer_config, raise_unless_transient
from streams.settings import Settings
from streams.topics import CONTROL

log = structlog.get_logger()
OnChange = Callable[[str, bytes | None], None]


class ControlReader:
    """Reads the one compacted partition from its start, committed transactions only, and never stops."""

    def __init__(self, settings: Settings, on_change: OnChange) -> None:
        self._on_change = on_change
        self._topic = settings.topic(CONTROL)
        config = consumer_config(settings, f"{settings.namespace}-control")
        config |= {"isolation.level": "read_committed", "enable.partition.eof": True}
        self._consumer = Consumer(config)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.failure: BaseException | None = None

    def read_to_end(self) -> None:
        """Block until the newest value of every key that stands there now was reported."""
        self._consumer.assign([TopicPartition(self._topic, 0, 0)])
        # Until the topic is compacted it also holds older values, which may name what is long gone.
        newest: dict[str, bytes | None] = {}
        while not self._stop.is_set() and not self._step(0.5, newest.__setitem__):
            pass
        for key, value in newest.items():
            self._on_change(key, value)

    def follow(self) -> None:
        """Go on reading in a thread."""
        self._thread = threading.Thread(target=self._run, name="control", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
        self._consumer.close()

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._step(0.2, self._on_change)
        except BaseException as error:
            self.failure = error
            log.error("control_reader_failed", error=type(error).__name__)
            raise

    def _step(self, timeout_s: float, take: OnChange) -> bool:
        """Give one record to ``take`` if there is one; True at the end of the partition."""
        message = self._consumer.poll(timeout_s)
        if message is None:
            return False
        error = message.error()
        if error is not None:
            if error.code() == KafkaError._PARTITION_EOF:
                return True
            raise_unless_transient(error)
            return False
        key = message.key()
        if key is not None:
            take(key.decode("utf-8", "replace"), message.value())
        return False
