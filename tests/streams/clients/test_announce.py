"""What people set is on the control topic when the call returns, and a command reads back what is in force."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from confluent_kafka import Producer
from support.mock_kafka import mock_kafka

from streams.clients.announce import announce
from streams.clients.control_state import read_control
from streams.settings import Settings


@pytest.fixture
def settings() -> Iterator[Settings]:
    with mock_kafka() as address:
        Producer({"bootstrap.servers": address}).list_topics("control", timeout=10)
        yield Settings(kafka=address, partitions=1)


def test_what_is_set_is_read_back_and_what_is_taken_back_is_gone(settings: Settings) -> None:
    assert list(announce(settings, {"a": b"1", "b": b"1", "c": b"1"})) == ["a", "b", "c"]
    announce(settings, {"a": b"2", "b": None})
    assert read_control(settings) == {"a": b"2", "c": b"1"}


def test_more_changes_than_the_client_holds_at_a_time_all_arrive(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from streams.clients import announce as module

    usual = module.producer_config
    small = {"queue.buffering.max.messages": 50}
    monkeypatch.setattr(module, "producer_config", lambda *given: usual(*given) | small)
    changes = {f"k{number}": b"v" for number in range(500)}
    assert len(announce(settings, changes)) == 500
    assert read_control(settings) == changes
