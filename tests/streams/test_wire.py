"""The wire formats beside events and verdicts: what they carry, and what is refused."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.events import T0, event

from features.errors import InvalidEvent
from features.event import decision_id, to_rfc3339
from streams.wire import (
    LabelData,
    RecordRef,
    decode_label,
    encode_dead_letter,
    encode_event,
    encode_label,
    origin_headers,
    read_origin,
)

DATA = {
    "event_id": "7", "event_source": "auth", "kind": "login", "label": "abuse", "by": "analyst", "labeller": "ada",
}  # fmt: skip
WHERE = RecordRef("login", "topic-id", 3, 7, T0)


def label(data: Any = None, **envelope: Any) -> bytes:
    whole = {"specversion": "1.0", "id": "l1", "source": "desk", "type": "label", "time": to_rfc3339(T0)}
    return msgspec.json.encode({**whole, "data": DATA if data is None else data, **envelope})


def refusal(record: bytes | None) -> InvalidEvent:
    with pytest.raises(InvalidEvent) as caught:
        decode_label(record, 10_000)
    return caught.value


def test_a_label_names_the_decision_that_it_is_about() -> None:
    read = decode_label(label({**DATA, "note": "seen", "event_time": to_rfc3339(5), "more": 1}), 10_000)
    assert (read.id, read.source, read.time_ms) == ("l1", "desk", T0)
    assert read.decision_id == decision_id("login", "auth", "7") == event("login", "7", source="auth").decision_id
    assert (read.data.label, read.data.by, read.data.note) == ("abuse", "analyst", "seen")


def test_a_label_from_the_far_future_is_refused_where_its_append_is_known() -> None:
    with pytest.raises(InvalidEvent) as caught:
        decode_label(label(time="9999-01-01T00:00:00Z"), 10_000, T0)
    assert caught.value.reason == "future"
    assert decode_label(label(time="9999-01-01T00:00:00Z"), 10_000).time_ms > T0


def test_a_label_is_read_as_it_was_written() -> None:
    data = LabelData(**DATA)
    read = decode_label(encode_label("l1", "desk", T0, data), 10_000)
    assert (read.id, read.source, read.time_ms, read.data) == ("l1", "desk", T0, data)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (None, "empty"),
        (b"", "empty"),
        (b" " * 10_001, "oversized"),
        (b"\xff", "encoding"),
        (b"{", "json"),
        (b'{"a":' + b"[" * 9000, "json"),
        (b"[]", "envelope"),
        (label(specversion="0.3"), "specversion"),
        (label(type="login"), "kind"),
        (label(time="soon"), "time"),
        (label(time="0001-01-01T00:00:00+05:00"), "time"),
        (label(id=""), "envelope"),
        (label(data="text"), "label"),
        (label(data=[]), "label"),
        *((label({name: value for name, value in DATA.items() if name != left}), "label") for left in DATA),
        *((label({**DATA, name: 7}), "label") for name in DATA),
        *((label({**DATA, name: ""}), "label") for name in DATA),
        (label({**DATA, "label": "spam"}), "label"),
        (label({**DATA, "by": "machine"}), "label"),
        (label({**DATA, "note": 7}), "label"),
        (label({**DATA, "event_id": "x" * 1025}), "label"),
    ],
)
def test_a_record_that_is_no_label_is_refused_for_its_reason(record: bytes | None, reason: str) -> None:
    assert refusal(record).reason == reason


def test_a_refused_label_repeats_nothing_that_it_contains() -> None:
    for name in DATA:
        error = refusal(label({**DATA, name: ["s3cr3t"], "note": "s3cr3t"}))
        assert "s3cr3t" not in str(error)
    assert "s3cr3t" not in str(refusal(label({**DATA, "label": "x's3cr3t'y"})))


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_invalid_event(record: bytes) -> None:
    assert refusal(record).reason in InvalidEvent.REASONS


def test_an_event_is_written_as_it_is_read() -> None:
    one = event("login", "7", source="auth")
    assert msgspec.json.decode(encode_event("login", "7", "auth", T0, one.data)) == {
        "specversion": "1.0", "id": "7", "source": "auth", "type": "login", "time": to_rfc3339(T0),
        "data": {"account": "ada", "success": True},
    }  # fmt: skip


def test_a_dead_letter_says_why_and_where_and_is_the_same_for_the_same_record() -> None:
    letter = encode_dead_letter(WHERE, InvalidEvent("field", "empty - at `$.data.account`"))
    read = msgspec.json.decode(letter)
    assert read["data"] == {
        "topic": "login", "topic_id": "topic-id", "partition": 3, "offset": 7, "reason": "field",
        "detail": "empty - at `$.data.account`",
    }  # fmt: skip
    assert read["time"] == to_rfc3339(T0)
    assert encode_dead_letter(WHERE, InvalidEvent("field", "empty - at `$.data.account`")) == letter
    other = RecordRef("login", "topic-id", 3, 8, T0)
    assert msgspec.json.decode(encode_dead_letter(other, InvalidEvent("json", "x")))["id"] != read["id"]


def test_a_verdicts_headers_are_the_coordinates_of_its_event() -> None:
    expected = {
        "weir-topic": "login",
        "weir-topic-id": "topic-id",
        "weir-partition": "3",
        "weir-offset": "7",
        "weir-append-ms": str(T0),
    }
    assert read_origin(origin_headers(WHERE)) == expected
    assert read_origin(dict(origin_headers(WHERE))) == expected


def test_foreign_absent_and_garbled_headers_are_left_out_or_replaced() -> None:
    assert read_origin(None) == {}
    assert read_origin([("trace", b"1"), ("weir-topic", None), ("weir-offset", b"\xff")]) == {"weir-offset": "\ufffd"}
