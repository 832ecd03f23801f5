"""The wire formats beside events and verdicts: labels, dead letters, and the headers that records carry."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from features.errors import InvalidEvent
from features.event import Name, decision_id, open_envelope, to_milliseconds, to_rfc3339

Headers = dict[str, str | bytes | None] | Sequence[tuple[str, str | bytes | None]]
LabelValue = Literal["abuse", "legit", "withdrawn"]
LabelBy = Literal["analyst", "user", "honeypot", "rule"]

# What a verdict record's headers tell of its event's record.
TOPIC_HEADER = "weir-topic"
TOPIC_ID_HEADER = "weir-topic-id"
PARTITION_HEADER = "weir-partition"
OFFSET_HEADER = "weir-offset"
APPEND_HEADER = "weir-append-ms"


class LabelData(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was found to be true about an event; ``kind``, ``event_source`` and ``event_id`` name the event."""

    event_id: Name
    event_source: Name
    kind: Name
    label: LabelValue
    by: LabelBy
    labeller: Name
    event_time: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """A label record, decoded. ``time_ms``: when the label was given, in milliseconds since 1970."""

    id: str
    source: str
    time_ms: int
    data: LabelData
    decision_id: str


def decode_label(record: bytes | None, longest: int, latest_ms: int | None = None) -> Label:
    """Bytes to a Label; raises InvalidEvent, also for a time after ``latest_ms`` (offline there is none)."""
    envelope = open_envelope(record, longest)
    if envelope.type != "label":
        raise InvalidEvent("kind", "the record's type is not 'label', its topic's type")
    try:
        data = _label_data.decode(envelope.data)
    except msgspec.ValidationError:
        raise InvalidEvent("label", "the label's data has a missing or ill-typed field") from None
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        raise InvalidEvent("json", "the label's data is not JSON") from None
    time_ms = to_milliseconds(envelope.time)
    if latest_ms is not None and time_ms > latest_ms:
        raise InvalidEvent("future", "the label's time is too far after its append")
    decided = decision_id(data.kind, data.event_source, data.event_id)
    return Label(envelope.id, envelope.source, time_ms, data, decided)


def encode_event(kind: str, event_id: str, source: str, time_ms: int, data: Any) -> bytes:
    """An event's record; ``data`` is the kind's struct or a dict of its fields."""
    return _encode(kind, event_id, source, time_ms, data)


def encode_label(label_id: str, source: str, time_ms: int, data: LabelData) -> bytes:
    return _encode("label", label_id, source, time_ms, data)


def _encode(kind: str, record_id: str, source: str, time_ms: int, data: Any) -> bytes:
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": record_id,
            "source": source,
            "type": kind,
            "time": to_rfc3339(time_ms),
            "data": data,
        }
    )


class DeadLetter(msgspec.Struct, frozen=True):
    """Why a record was refused (``reason``: one word of a fixed set; ``detail``: where) and its coordinates.

    Nothing of its content: that stays in the record, for as long as its topic keeps it.
    """

    topic: str
    topic_id: str
    partition: int
    offset: int
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class RecordRef:
    """Where a record stands: topic and partition by name, and the topic's id, which survives no re-creation."""

    topic: str
    topic_id: str
    partition: int
    offset: int
    append_ms: int

    @property
    def place(self) -> str:
        return f"{self.topic_id}:{self.partition}"


def encode_dead_letter(where: RecordRef, error: InvalidEvent) -> bytes:
    """Why a record was refused, and where it is; its payload stays there. The same record has the same id."""
    name = f"{where.place}:{where.offset}".encode()
    data = DeadLetter(where.topic, where.topic_id, where.partition, where.offset, error.reason, error.detail)
    return _encode("dead-letter", hashlib.blake2b(name, digest_size=16).hexdigest(), "weir", where.append_ms, data)


def origin_headers(where: RecordRef) -> list[tuple[str, bytes]]:
    """A verdict's headers: the coordinates of its event."""
    return [
        (TOPIC_HEADER, where.topic.encode()),
        (TOPIC_ID_HEADER, where.topic_id.encode()),
        (PARTITION_HEADER, str(where.partition).encode()),
        (OFFSET_HEADER, str(where.offset).encode()),
        (APPEND_HEADER, str(where.append_ms).encode()),
    ]


def read_origin(headers: Headers | None) -> dict[str, str]:
    """A record's Weir headers as text; those that are absent or no text are left out."""
    found = {}
    for name, value in headers.items() if isinstance(headers, dict) else headers or ():
        if name.startswith("weir-") and value is not None:
            found[name] = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return found


_label_data = msgspec.json.Decoder(LabelData)
