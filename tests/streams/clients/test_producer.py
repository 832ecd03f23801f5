"""The producer client against librdkafka's own mock broker: what is sent, what is refused, what is awaited."""

import doctest
import json
import time
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from confluent_kafka import Message
from confluent_kafka.admin import AdminClient
from structlog.testing import capture_logs
from support.events import KINDS, LIMIT, T0, record
from support.mock_kafka import read_topic

import streams.clients.producer
from features.event import decision_id
from streams.clients.producer import EventProducer
from streams.clients.report import DeliveryError, Refused
from streams.settings import load_settings
from streams.topics import apply_topics, plan_topics
from streams.wire import LabelData, encode_label

MOCK = {"test.mock.num.brokers": 1}


@pytest.fixture
def producer() -> Iterator[EventProducer]:
    with EventProducer("mock", topic_prefix="t-", options=MOCK, now_s=lambda: T0 / 1000) as opened:
        yield opened


def read(producer: EventProducer, topic: str, count: int) -> list[Message]:
    brokers = producer._producer.list_topics(timeout=10).brokers.values()
    return read_topic(",".join(f"{broker.host}:{broker.port}" for broker in brokers), topic, count)


def label(event_id: str, **changes: Any) -> bytes:
    data = {"event_id": event_id, "event_source": "test", "kind": "login", "label": "abuse", "by": "analyst"}
    return encode_label("l", "test", T0, LabelData(**{**data, "labeller": "bo", **changes}))


def test_the_docstring_example_runs() -> None:
    assert doctest.testmod(streams.clients.producer).failed == 0


def test_an_event_goes_to_the_topic_of_its_type_under_its_partition_key(producer: EventProducer) -> None:
    producer.send(record("login", "1", account="ada"))
    producer.send(json.loads(record("signup", "2", ip="192.0.2.7")))
    assert producer.flush().sent == 2
    (login,) = read(producer, "t-login", 1)
    (signup,) = read(producer, "t-signup", 1)
    assert (login.key(), login.value()) == (b"ada", record("login", "1", account="ada"))
    assert signup.key() == b"192.0.2.7"


def test_a_label_is_keyed_by_the_decision_that_it_is_about(producer: EventProducer) -> None:
    producer.send_label(label("1"))
    assert producer.flush().sent == 1
    (sent,) = read(producer, "t-labels", 1)
    assert sent.key() == decision_id("login", "test", "1").encode()


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (b"", "empty"),
        (b"{", "json"),
        (b"\xff{}", "encoding"),
        (b"[]", "envelope"),
        (record("login", "1", account="a" * LIMIT), "oversized"),
        (record("login", "1", success="yes"), "field"),
        (record("signup", "1", ip="secret"), "field"),
        (record("login", "1", T0 + 301_000), "future"),
        (record("login", "1").replace(b'"login"', b'"logni"'), "kind"),
        ({"specversion": "1.0", "id": "\ud800"}, "encoding"),
        ({"specversion": "1.0", "id": float("nan")}, "json"),
        ({"specversion": "1.0", "id": object()}, "json"),
    ],
)
def test_a_record_that_the_pipeline_would_refuse_is_refused_with_its_reason(
    producer: EventProducer, wrong: Any, reason: str
) -> None:
    with pytest.raises(Refused) as refused:
        producer.send(wrong)
    assert (refused.value.reason, refused.value.number) == (reason, 1)
    report = producer.flush()
    assert (report.sent, report.refused) == (0, {reason: 1})
    assert report.refusals == (refused.value,)


def test_a_refusal_repeats_nothing_that_the_record_contains(producer: EventProducer) -> None:
    for wrong in (
        record("signup", "1", ip="secret"),
        record("login", "1", method="secret"),
        record("login", "1").replace(b'"login"', b'"secret"'),
    ):
        with pytest.raises(Refused) as refused:
            producer.send(wrong)
        assert "secret" not in str(refused.value)


def test_a_wrong_label_is_refused(producer: EventProducer) -> None:
    for wrong in (label("1", label="spam"), label("1", by="me"), record("login", "1")):
        with pytest.raises(Refused):
            producer.send_label(wrong)
    assert producer.flush().sent == 0


def test_one_refusal_does_not_hinder_the_rest(producer: EventProducer) -> None:
    for number in range(100):
        with nullcontext() if number % 10 else pytest.raises(Refused):
            producer.send(record("login", str(number), success=number % 10 > 0 or "wrong"))
    report = producer.flush()
    assert (report.sent, report.refused) == (90, {"field": 10})
    assert [refusal.number for refusal in report.refusals] == list(range(1, 101, 10))


def test_a_full_local_queue_makes_the_sender_wait_and_loses_nothing() -> None:
    small = {**MOCK, "queue.buffering.max.messages": 5}
    with EventProducer("mock", options=small, now_s=lambda: T0 / 1000) as producer:
        for number in range(200):
            producer.send(record("login", str(number)))
        assert producer.flush().sent == 200
        assert len(read(producer, "login", 200)) == 200


def test_a_kafka_that_is_away_is_said_once_and_waited_for() -> None:
    with capture_logs() as logs:
        producer = EventProducer("127.0.0.1:1", now_s=lambda: T0 / 1000)
        producer.send(record("login", "1"))
        with pytest.raises(DeliveryError, match="1 records are not delivered"):
            producer.flush(timeout_s=2)
    assert [log["event"] for log in logs] == ["kafka_away"]


@pytest.mark.services
def test_a_real_broker_has_each_record_once_and_in_order_for_each_key(services: Any) -> None:
    settings = load_settings(kafka=services.kafka, topic_prefix=f"p{time.time_ns()}-")
    apply_topics(AdminClient({"bootstrap.servers": services.kafka}), plan_topics(settings, KINDS))
    with EventProducer.of(settings) as producer:
        for number in range(1000):
            producer.send(record("login", str(number), 0, account=f"a{number % 10}"))
        producer.send_label(label("1"))
        report = producer.flush(timeout_s=60)
        assert (report.sent, report.refused) == (1001, {})
        found = read(producer, settings.topic("login"), 1000)
        assert len(read(producer, settings.topic("labels"), 1)) == 1
    for account in {message.key() for message in found}:
        numbers = [int(json.loads(message.value())["id"]) for message in found if message.key() == account]
        assert numbers == list(range(numbers[0], 1000, 10))
        assert len({message.partition() for message in found if message.key() == account}) == 1
