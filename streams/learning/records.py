"""The learner's two kinds of records, decoded."""

from __future__ import annotations

from collections.abc import Container
from typing import NamedTuple

import msgspec
from confluent_kafka import Message

from features.errors import InvalidEvent
from models.learning.decisions import Decision, Origin, decode_decision
from streams.settings import Settings
from streams.wire import (
    OFFSET_HEADER,
    PARTITION_HEADER,
    TOPIC_HEADER,
    TOPIC_ID_HEADER,
    Label,
    decode_label,
    read_origin,
)


class Decided(NamedTuple):
    """A verdict; ``origin``: where its event stands."""

    decision: Decision
    origin: Origin

    @property
    def source(self) -> str:
        return f"{self.origin.topic_id}:{self.origin.partition}"


def read_verdict(message: Message) -> Decided | None:
    """None for a record that is no verdict: the indexer reads it too, and reports it; here it teaches nothing."""
    headers = read_origin(message.headers())
    try:
        origin = Origin(
            headers[TOPIC_HEADER],
            headers[TOPIC_ID_HEADER],
            int(headers[PARTITION_HEADER]),
            int(headers[OFFSET_HEADER]),
        )
        return Decided(decode_decision(message.value() or b"", origin), origin)
    except (msgspec.MsgspecError, UnicodeError, KeyError, ValueError):
        return None


def read_label(message: Message, settings: Settings, kinds: Container[str]) -> Label:
    """Raises InvalidEvent."""
    latest_ms = message.timestamp()[1] + settings.max_future_s * 1000
    label = decode_label(message.value(), settings.max_record_bytes, latest_ms)
    if label.data.kind not in kinds:
        raise InvalidEvent("label", "the label's kind is not known here")
    return label
