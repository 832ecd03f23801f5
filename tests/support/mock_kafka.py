"""librdkafka's mock broker: speaks Kafka's protocol inside this process, and makes topics as they are named."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, Producer, TopicPartition


@contextmanager
def mock_kafka() -> Iterator[str]:
    """The address of a broker that lives as long as the block."""
    owner = Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "mock", "log_level": 0})
    (broker,) = owner.list_topics(timeout=10).brokers.values()
    for topic in ("signup", "login", "mail", "labels"):
        owner.list_topics(topic, timeout=10)
    yield f"{broker.host}:{broker.port}"
    owner.flush()


def read_topic(address: str, topic: str, count: int, within_s: float = 30) -> list[Message]:
    """The first ``count`` records of all the topic's partitions, fewer if there are none more in time."""
    consumer = Consumer({"bootstrap.servers": address, "group.id": "test"})
    partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
    consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions])
    found: list[Message] = []
    until_s = time.monotonic() + within_s
    while len(found) < count and time.monotonic() < until_s:
        message = consumer.poll(0.2)
        if message is not None and message.error() is None:
            found.append(message)
    consumer.close()
    return found
