"""Texts of labelled events, read again from a real Kafka by their coordinates, while it has them."""

from __future__ import annotations

import threading
import uuid
from array import array
from dataclasses import dataclass, field
from typing import Any

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from support.events import KINDS, LIMIT, record

from features.event import EventDecoder
from models.learning.decisions import Decision, Origin
from models.scorers import Text
from streams.kafka import Stopped
from streams.learning.texts import TextReader
from streams.settings import Settings


@dataclass
class Mails:
    """A topic of mails with three partitions."""

    kafka: str
    topic: str = field(default_factory=lambda: f"mail-{uuid.uuid4().hex[:8]}")

    def __post_init__(self) -> None:
        self.admin = AdminClient({"bootstrap.servers": self.kafka})
        self.create()

    def create(self) -> None:
        self.admin.create_topics([NewTopic(self.topic, 3, 1)])[self.topic].result(30)

    def send(self, names: list[str], **data: Any) -> list[Decision]:
        producer = Producer({"bootstrap.servers": self.kafka})
        at: dict[str, Origin] = {}
        for number, name in enumerate(names):
            producer.produce(
                self.topic,
                record("mail", name, **({"body": f"body of {name}", "headers": f"Subject: {name}"} | data)),
                partition=number % 3,
                on_delivery=lambda error, m, name=name: at.update(
                    {name: Origin(self.topic, "", m.partition(), m.offset())}
                ),
            )
        assert producer.flush(30) == 0
        return [decision(name, at[name]) for name in names]

    def reader(self, stop: threading.Event | None = None) -> TextReader:
        return TextReader(Settings(kafka=self.kafka), KINDS, stop or threading.Event())


def decision(name: str, origin: Origin | None) -> Decision:
    event = EventDecoder(KINDS["mail"], LIMIT, 300).decode(record("mail", name))
    nothing = array("d")
    return Decision(event.decision_id, "mail", (), nothing, (), nothing, origin=origin)


def text(name: str) -> Text:
    return Text(f"Subject: {name}", f"body of {name}")


@pytest.fixture
def mails(services: Any) -> Mails:
    return Mails(services.kafka)


@pytest.mark.services
def test_texts_are_read_from_all_partitions_again_and_again(mails: Mails) -> None:
    names = [f"m{number}" for number in range(1500)]
    sent = mails.send(names)
    reader = mails.reader()
    for chosen in ([3], [0, 1499, 700, 701], [700], list(range(0, 1500, 7)), [5, 4, 3]):
        found = reader.read([sent[number] for number in chosen])
        assert found == {sent[number].id: text(names[number]) for number in chosen}
    reader.close()


@pytest.mark.services
def test_an_event_without_private_text_has_none_and_is_found(mails: Mails) -> None:
    sent = mails.send(["plain"], body=None, headers=None)
    assert mails.reader().read(sent) == {sent[0].id: None}


@pytest.mark.services
def test_what_is_not_retained_or_not_known_is_left_out(mails: Mails) -> None:
    sent = mails.send([f"m{number}" for number in range(9)])
    mails.admin.delete_records([TopicPartition(mails.topic, 0, 2)])[TopicPartition(mails.topic, 0)].result(30)
    nowhere = decision("nowhere", None)
    beyond = decision("beyond", Origin(mails.topic, "", 1, 1000))
    no_topic = decision("no topic", Origin("no-such-topic", "", 0, 0))
    found = mails.reader().read([*sent, nowhere, beyond, no_topic])
    assert set(found) == {one.id for one in sent} - {sent[0].id, sent[3].id}


@pytest.mark.services
def test_another_event_in_its_place_is_not_taken_for_it(mails: Mails) -> None:
    sent = mails.send(["old"])
    mails.admin.delete_topics([mails.topic])[mails.topic].result(30)
    mails.topic = f"{mails.topic}-2"
    mails.create()
    (new,) = mails.send(["new"])
    assert new.origin is not None
    claimed = Decision(sent[0].id, "mail", (), array("d"), (), array("d"), origin=new.origin)
    assert mails.reader().read([claimed]) == {}


def test_who_is_told_to_stop_does_not_wait_for_a_kafka_that_is_away() -> None:
    stop = threading.Event()
    reader = TextReader(Settings(kafka="127.0.0.1:9"), KINDS, stop)
    threading.Timer(0.5, stop.set).start()
    with pytest.raises(Stopped):
        reader.read([decision("m", Origin("mail", "", 0, 0))])
