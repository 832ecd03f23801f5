"""What commands that talk to Kafka do first: wait for it in one line, and see that the topics are there."""

from __future__ import annotations

import time
from typing import Any

import click
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from features.kinds import load_kinds
from streams.clients.producer import EventProducer
from streams.settings import Settings
from streams.topics import LABELS

WAIT_S = 60.0


class KafkaAway(click.ClickException):
    """Kafka did not answer in time, or lacks topics: the text says what to do."""

    exit_code = 2


def await_kafka(admin: AdminClient, address: str, wait_s: float = WAIT_S) -> None:
    """Return when Kafka answers, asking again with backoff; raises KafkaAway after ``wait_s``."""
    until_s = time.monotonic() + wait_s
    pause_s = 0.25
    told = False
    while True:
        try:
            admin.list_topics(timeout=min(2.0, max(0.1, until_s - time.monotonic())))
        except KafkaException as error:
            if not told:
                click.echo(f"waiting up to {wait_s:.0f} s for Kafka at {address}", err=True)
                told = True
            if time.monotonic() >= until_s:
                raise KafkaAway(
                    f"Kafka at {address} does not answer ({error.args[0].name()}): "
                    "is it running (weir services up), and is WEIR_KAFKA right?"
                ) from None
            time.sleep(min(pause_s, max(0.0, until_s - time.monotonic())))
            pause_s = min(pause_s * 2, 5.0)
        else:
            return


def quiet_admin(settings: Settings) -> AdminClient:
    """librdkafka's own complaints would be many lines; ``await_kafka`` says it in one."""
    options: dict[str, Any] = {"bootstrap.servers": settings.kafka, "log_level": 0, "error_cb": lambda _error: None}
    return AdminClient(options)


def open_producer(settings: Settings) -> EventProducer:
    """A producer for a Kafka that answers and has the topics; raises KafkaAway."""
    admin = quiet_admin(settings)
    await_kafka(admin, settings.kafka)
    kinds = load_kinds(settings.kinds_folders)
    wanted = {settings.topic(name) for name in (*kinds, LABELS)}
    missing = sorted(wanted - set(admin.list_topics(timeout=10).topics))
    if missing:
        raise KafkaAway(f"topics are missing: {', '.join(missing)}: run 'weir topics apply'")
    return EventProducer.of(settings, kinds)
