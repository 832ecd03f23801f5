"""Verdicts and labels from a real Kafka: in one order, whole, however far one partition is ahead of the others."""

from __future__ import annotations

import time
import uuid
from typing import Any

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from streams.kafka import admin_client, topic_ids
from streams.learning import log as module
from streams.learning.log import LearnerLog
from streams.settings import Settings
from streams.topics import LABELS, VERDICTS

PARTITIONS = 3


class Written:
    """The two topics, and what was written to them in order."""

    def __init__(self, services: Any) -> None:
        self.settings = Settings(kafka=services.kafka, topic_prefix=f"log{uuid.uuid4().hex[:8]}-")
        self.names = [self.settings.topic(VERDICTS), self.settings.topic(LABELS)]
        appended = {"message.timestamp.type": "LogAppendTime"}
        admin = AdminClient({"bootstrap.servers": services.kafka})
        topics = [NewTopic(name, count, 1, config=appended) for name, count in zip(self.names, (PARTITIONS, 1))]  # noqa: B905
        for future in admin.create_topics(topics).values():
            future.result(30)
        # One request at a time, so that append times are those of this order.
        self._producer = Producer({"bootstrap.servers": services.kafka, "linger.ms": 0})
        self.count = 0

    def verdicts(self, partition: int, count: int) -> None:
        for _ in range(count):
            self._producer.produce(self.names[0], str(self.count).encode(), partition=partition)
            self.count += 1
        assert self._producer.flush(30) == 0

    def label(self) -> None:
        self._producer.produce(self.names[1], str(self.count).encode(), partition=0)
        self.count += 1
        assert self._producer.flush(30) == 0

    def log(self) -> LearnerLog:
        ids = topic_ids(admin_client(self.settings), self.names)
        log = LearnerLog(self.settings, ids)
        log.assign(dict.fromkeys(log.places, 0))
        return log


def read(log: LearnerLog, count: int, seconds: float = 30) -> list[int]:
    found: list[int] = []
    until_s = time.monotonic() + seconds
    while len(found) < count and time.monotonic() < until_s:
        found += [int(one.record.value() or b"") for one in log.read()]
    log.close()
    return found


@pytest.fixture
def written(services: Any) -> Written:
    return Written(services)


@pytest.mark.services
def test_records_come_in_the_order_in_which_they_were_appended(written: Written) -> None:
    for turn in range(40):
        written.verdicts(turn % PARTITIONS, 1)
        time.sleep(0.003)
        written.label()
        time.sleep(0.003)
    assert read(written.log(), written.count) == list(range(written.count))


@pytest.mark.services
def test_partitions_written_one_after_the_other_are_read_whole_though_each_waits_for_others(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_AT_ONCE", 20)
    monkeypatch.setattr(module, "_AHEAD", 0)
    monkeypatch.setattr(module, "_LEAST_AHEAD", 50)
    for partition in range(PARTITIONS):
        written.verdicts(partition, 2000)
        written.label()
        time.sleep(0.01)
    log = written.log()
    found = read(log, written.count)
    assert sorted(found) == list(range(written.count))
    labels = [found.index(2000), found.index(4001), found.index(6002)]
    assert labels == [2000, 4001, 6002]


@pytest.mark.services
def test_what_arrives_while_reading_is_given_out_within_a_moment(written: Written) -> None:
    written.verdicts(0, 10)
    log = written.log()
    begun_s = time.monotonic()
    found: list[int] = []
    while len(found) < 11 and time.monotonic() - begun_s < 20:
        if len(found) == 10 and written.count == 10:
            written.label()
            begun_s = time.monotonic()
        found += [int(one.record.value() or b"") for one in log.read()]
    assert found == list(range(11))
    # An idle machine takes a fifth of a second.
    assert time.monotonic() - begun_s < 5
    log.close()
