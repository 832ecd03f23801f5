"""An index sink on real Kafka and Elasticsearch, each test with topics and indices of its own."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from elasticsearch import Elasticsearch

from streams.kafka import admin_client, producer_config
from streams.settings import Settings
from streams.sinks.index import run_indexer
from streams.topics import apply_topics, plan_topics

PARTITIONS = 2


class Sink:
    """The sink under test, its topics, and what came out of it."""

    def __init__(self, settings: Settings, elasticsearch: Elasticsearch) -> None:
        self.settings = settings
        self.elasticsearch = elasticsearch
        self.pattern = f"{settings.namespace}-verdicts-*"
        self._producer = Producer(producer_config(settings, "test"))
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None

    def publish(self, records: Sequence[tuple[bytes | None, Sequence[tuple[str, bytes]]]]) -> None:
        for position, (value, headers) in enumerate(records):
            self._producer.produce(
                self.settings.topic("verdicts"), value, partition=position % PARTITIONS, headers=[*headers]
            )
        assert self._producer.flush(30) == 0

    def start(self, ready_within_s: float = 60) -> None:
        self._stop.clear()
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="indexer")
        self._thread.start()
        until(lambda: ready.is_set() or self._error is not None, ready_within_s)
        self.check()

    def stop(self, within_s: float = 20) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(within_s)
            assert not self._thread.is_alive(), "the sink does not end"
        self.check()

    def check(self) -> None:
        if self._error is not None:
            raise self._error

    def _run(self, ready: threading.Event) -> None:
        try:
            run_indexer(self.settings, self._stop, ready.set)
        except BaseException as error:  # noqa: BLE001 - raised again in the test's own thread
            self._error = error

    def committed(self) -> int:
        """Records behind which the sink has committed, over all partitions."""
        group = Consumer({"bootstrap.servers": self.settings.kafka, "group.id": f"{self.settings.namespace}-indexer"})
        topic = self.settings.topic("verdicts")
        try:
            places = group.committed([TopicPartition(topic, p) for p in range(PARTITIONS)], timeout=10)
        finally:
            group.close()
        return sum(max(0, place.offset) for place in places)

    def wait_for_commits(self, records: int, within_s: float = 60) -> None:
        until(lambda: self.check() or self.committed() >= records, within_s)

    def count(self, **query: Any) -> int:
        """Documents that match a query_string, or all."""
        self.elasticsearch.indices.refresh(index=self.pattern)
        return int(self.elasticsearch.count(index=self.pattern, **query)["count"])

    def dead_letters(self) -> list[dict[str, Any]]:
        reader = Consumer({"bootstrap.servers": self.settings.kafka, "group.id": "test"})
        topic = self.settings.topic("dead-letters")
        try:
            _, high = reader.get_watermark_offsets(TopicPartition(topic, 0), timeout=10)
            reader.assign([TopicPartition(topic, 0, 0)])
            records = reader.consume(high, timeout=20) if high else []
        finally:
            reader.close()
        assert len(records) == high
        return [msgspec.json.decode(record.value() or b"")["data"] for record in records]


def until(condition: Callable[[], Any], within_s: float) -> None:
    deadline_s = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline_s, f"not within {within_s} s"
        time.sleep(0.1)


@pytest.fixture
def sink(services: Any) -> Iterator[Sink]:
    unique = f"t{uuid.uuid4().hex[:12]}"
    settings = Settings(
        kafka=services.kafka,
        elasticsearch=services.elasticsearch,
        namespace=unique,
        topic_prefix=f"{unique}.",
        partitions=PARTITIONS,
    )
    apply_topics(admin_client(settings), plan_topics(settings, []))
    elasticsearch = Elasticsearch(services.elasticsearch)
    one = Sink(settings, elasticsearch)
    try:
        yield one
        one.stop()
    finally:
        one._stop.set()
        for index in elasticsearch.indices.get(index=one.pattern, allow_no_indices=True):
            elasticsearch.indices.delete(index=index)
        elasticsearch.indices.delete_index_template(name=f"{unique}-verdicts")
        elasticsearch.close()
