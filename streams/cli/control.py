"""How commands read and change what people set: the control topic, with a message where Kafka is away."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import structlog
from confluent_kafka import KafkaException

from streams.cli.kafka import KafkaAway, await_kafka, quiet_admin
from streams.clients.announce import announce
from streams.clients.control_state import read_control
from streams.settings import Settings
from streams.topics import CONTROL


def control_now(settings: Settings) -> dict[str, bytes]:
    """What stands on the control topic; raises KafkaAway where Kafka or the topic is missing."""
    log_to_stderr()
    admin = quiet_admin(settings)
    await_kafka(admin, settings.kafka)
    if settings.topic(CONTROL) not in admin.list_topics(timeout=10).topics:
        raise KafkaAway(f"topic {settings.topic(CONTROL)} is missing: run 'weir topics apply'")
    return read_control(settings)


def tell_control(settings: Settings, changes: Mapping[str, bytes | None]) -> None:
    """Set and take back keys, after ``control_now``; raises KafkaAway if it is not certain that all are there."""
    try:
        announce(settings, changes)
    except KafkaException as error:
        raise KafkaAway(
            f"Kafka did not take it ({error.args[0].name()}): perhaps only a part is set, try again"
        ) from None


def log_to_stderr() -> None:
    """What Kafka's clients report must not come between the lines that a command prints."""
    if not structlog.is_configured():
        structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))
