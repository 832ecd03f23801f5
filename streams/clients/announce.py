"""Writing to the control topic: what people set, delivered before the call returns."""

from __future__ import annotations

from collections.abc import Mapping

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from streams.kafka import producer_config
from streams.settings import Settings
from streams.topics import CONTROL

_DELIVERED_WITHIN_MS = 30_000


def announce(settings: Settings, values: Mapping[str, bytes | None]) -> dict[str, int]:
    """Set these keys, in this order; None takes a key back. When the brokers appended each, in ms by their clock.

    Raises KafkaException if one was refused or not delivered in half a minute: then it may yet be set.
    """
    client = f"{settings.namespace}-announce"
    producer = Producer(producer_config(settings, client) | {"message.timeout.ms": _DELIVERED_WITHIN_MS})
    appended_ms: dict[str, int] = {}
    refused: list[KafkaError] = []

    def delivered(error: KafkaError | None, message: Message) -> None:
        if error is not None:
            refused.append(error)
        elif (key := message.key()) is not None:
            appended_ms[key.decode()] = message.timestamp()[1]

    topic = settings.topic(CONTROL)
    for key, value in values.items():
        while True:
            try:
                producer.produce(topic, value, key.encode(), partition=0, on_delivery=delivered)
                break
            except BufferError:
                # More than librdkafka holds at a time: let some of them go out first.
                producer.poll(0.1)
    producer.flush()
    if refused:
        raise KafkaException(refused[0])
    return appended_ms
