"""Following the verdicts topic while the demo runs, for its live view."""

from __future__ import annotations

import threading

import msgspec
from confluent_kafka import Consumer, TopicPartition

from models.verdict import decode
from streams.demo.stats import Stats
from streams.kafka import consumer_config
from streams.settings import Settings
from streams.topics import VERDICTS
from streams.wire import APPEND_HEADER, read_origin


class Tail:
    """Reads every partition from its start in a thread, without a group, and tells ``stats``."""

    def __init__(self, settings: Settings, stats: Stats) -> None:
        self._stats = stats
        self._topic = settings.topic(VERDICTS)
        self._consumer = Consumer(consumer_config(settings, f"{settings.namespace}-demo"))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tail", daemon=True)

    def start(self) -> None:
        partitions = self._consumer.list_topics(self._topic, timeout=30).topics[self._topic].partitions
        self._consumer.assign([TopicPartition(self._topic, number, 0) for number in partitions])
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=10)
        self._consumer.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            for message in self._consumer.consume(500, 0.2):
                value = message.value()
                append_ms = read_origin(message.headers()).get(APPEND_HEADER)
                if message.error() is not None or value is None or append_ms is None:
                    continue
                try:
                    self._stats.verdict(decode(value), message.timestamp()[1] - int(append_ms))
                except (msgspec.MsgspecError, ValueError):
                    continue
