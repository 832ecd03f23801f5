"""The control topic: read to its end before anything is decided, and followed from then on."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from confluent_kafka import Producer
from support.mock_kafka import mock_kafka

from streams.control import ControlReader
from streams.settings import Settings


@pytest.fixture
def settings() -> Iterator[Settings]:
    with mock_kafka() as address:
        yield Settings(kafka=address, partitions=1)


def write(settings: Settings, *records: tuple[str | None, bytes | None]) -> None:
    producer = Producer({"bootstrap.servers": settings.kafka})
    for key, value in records:
        producer.produce("control", value, key, partition=0)
    assert producer.flush(10) == 0


def test_the_newest_value_of_every_key_is_reported_and_then_each_change(settings: Settings) -> None:
    write(settings, ("a", b"1"), ("b", b"1"), ("a", b"2"), ("b", None), (None, b"no key"))
    seen: list[tuple[str, bytes | None]] = []
    reader = ControlReader(settings, lambda key, value: seen.append((key, value)))
    try:
        reader.read_to_end()
        assert dict(seen) == {"a": b"2", "b": None}
        assert len(seen) == 2
        reader.follow()
        write(settings, ("a", b"3"), ("c", b"1"))
        deadline_s = time.monotonic() + 10
        while len(seen) < 4 and time.monotonic() < deadline_s:
            time.sleep(0.02)
        assert seen[2:] == [("a", b"3"), ("c", b"1")]
        assert reader.failure is None
    finally:
        reader.stop()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_failure_while_following_is_kept_for_those_who_ask(settings: Settings) -> None:
    write(settings, ("a", b"1"))
    failing = False

    def take(key: str, value: bytes | None) -> None:
        if failing:
            raise ValueError(key)

    reader = ControlReader(settings, take)
    try:
        reader.read_to_end()
        failing = True
        reader.follow()
        write(settings, ("a", b"2"))
        deadline_s = time.monotonic() + 10
        while reader.failure is None and time.monotonic() < deadline_s:
            time.sleep(0.02)
        assert isinstance(reader.failure, ValueError)
    finally:
        reader.stop()


def test_an_empty_topic_is_read_to_its_end_at_once(settings: Settings) -> None:
    write(settings, (None, b""))
    reader = ControlReader(settings, lambda key, value: pytest.fail("there is no key"))
    reader.read_to_end()
    reader.stop()
