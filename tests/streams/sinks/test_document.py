"""From a verdict's record to its document."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from support.verdicts import FIELDS, T0, headers, verdict

from features.errors import InvalidEvent
from features.kinds import load_kinds
from models.verdict import Reason, VerdictData, decode
from streams.sinks.document import Documents
from streams.wire import APPEND_HEADER

KINDS = load_kinds()
DOCUMENTS = Documents("weir", KINDS)


def body(record: bytes, **origin: int) -> dict[str, Any]:
    decoded: dict[str, Any] = msgspec.json.decode(DOCUMENTS.build(record, headers(**origin), 0).body)
    return decoded


def test_a_document_goes_into_the_index_of_the_utc_day_of_its_events_append() -> None:
    midnight = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp() * 1000)
    record = verdict("e-1", time="1999-01-01T00:00:00.000Z")
    assert DOCUMENTS.build(record, headers(append_ms=midnight - 1), 0).index_name == "weir-verdicts-2026.02.28"
    assert DOCUMENTS.build(record, headers(append_ms=midnight), 0).index_name == "weir-verdicts-2026.03.01"


def test_without_an_append_time_in_the_headers_the_records_own_time_counts() -> None:
    document = DOCUMENTS.build(verdict("e-1"), None, T0)
    assert document.index_name == "weir-verdicts-2026.11.21"
    decoded = msgspec.json.decode(document.body)
    assert decoded["event"]["created"] == "2026-11-21T05:00:00.000Z"
    assert "kafka" not in decoded


def test_the_id_is_the_decisions_and_a_repeated_record_is_the_same_document() -> None:
    record = verdict("e-1")
    document = DOCUMENTS.build(record, headers(), 1)
    assert document.id == decode(record).id
    assert DOCUMENTS.build(record, headers(), 2) == document


def test_names_of_the_elastic_common_schema_stand_where_it_has_one() -> None:
    document = body(verdict("e-1"), append_ms=T0 + 5)
    assert document["@timestamp"] == "2026-11-21T05:00:00.000Z"
    assert document["event"] == {
        "id": "e-1",
        "provider": "test",
        "kind": "alert",
        "dataset": "weir.login",
        "created": "2026-11-21T05:00:00.005Z",
    }
    assert document["user"] == {"id": "ada"}
    assert document["source"] == {"ip": "192.0.2.1", "as": {"number": 1853}, "geo": {"country_iso_code": "AT"}}
    assert document["rule"] == {"id": ["login.stuffing"]}
    assert document["kafka"] == {"topic": "login", "partition": 3, "offset": 7}


def test_rules_that_count_and_rules_in_the_shadow_are_found_under_names_of_their_own() -> None:
    live = Reason("live-one", "", {}, {}, "block")
    assert "shadow_rules" not in body(verdict("e-1", reasons=(live,)))
    document = body(verdict("e-1", reasons=(live, Reason("watching", "", {}, {}, "block", "shadow"))))
    assert (document["rule"], document["shadow_rules"]) == ({"id": ["live-one"]}, ["watching"])
    assert [reason.get("mode") for reason in document["reasons"]] == [None, "shadow"]


def test_an_allowed_event_is_no_alert() -> None:
    assert body(verdict("e-1", action="allow"))["event"]["kind"] == "event"


def test_a_field_stands_once_under_its_ecs_name_or_under_its_kinds() -> None:
    assert body(verdict("e-1"))["fields"] == {"login": {"success": True}}


def test_the_ecs_name_of_a_field_may_lie_beside_the_documents_own_names() -> None:
    document = body(verdict("e-1", fields={"account": "ada", "failure_reason": "wrong password"}))
    assert document["event"]["reason"] == "wrong password"
    assert document["event"]["id"] == "e-1"


def test_all_fields_of_an_unknown_kind_stand_under_its_name() -> None:
    assert body(verdict("e-1", kind="chat"))["fields"] == {"chat": FIELDS}


def test_everything_that_a_verdict_records_is_in_its_document() -> None:
    record = verdict("e-1", corrects="before", expires_at="2026-11-22T05:00:00.000Z")
    data = msgspec.json.decode(record)["data"]
    document = body(record)
    assert set(data) == set(VerdictData.__struct_fields__)
    for name in set(data) - {"event", "fields"}:
        assert document[name] == data[name], name


def test_floats_pass_through_bit_by_bit() -> None:
    features = {"a": 0.1 + 0.2, "b": 5e-324, "c": 1.7976931348623157e308}
    assert body(verdict("e-1", features=features))["features"] == features


def test_a_document_is_one_line_even_if_its_record_is_not() -> None:
    record = msgspec.json.format(verdict("e-1"), indent=2)
    assert b"\n" in record
    document = DOCUMENTS.build(record, headers(), 0)
    assert b"\n" not in document.body
    assert msgspec.json.decode(document.body) == body(verdict("e-1"))


@pytest.mark.parametrize(
    "record",
    [
        None,
        b"",
        b"{",
        b"[]",
        b"null",
        verdict("e-1")[:-1],
        verdict("e-1").replace(b'"type":"verdict"', b'"type":"label"'),
        verdict("e-1").replace(b'"specversion":"1.0"', b'"specversion":"0.3"'),
        verdict("e-1").replace(b'"action":"challenge"', b'"action":7'),
        verdict("e-1").replace(b"AT", b"\xff\xfe"),
        b'{"data":' + b"[" * 100_000,
    ],
)
def test_a_record_that_is_no_verdict_is_refused(record: bytes | None) -> None:
    with pytest.raises(InvalidEvent) as refusal:
        DOCUMENTS.build(record, headers(), 0)
    assert refusal.value.reason == "verdict"


@pytest.mark.parametrize("length", [0, 513])
def test_an_id_that_elasticsearch_would_refuse_with_the_whole_request_is_refused_here(length: int) -> None:
    whole = msgspec.json.decode(verdict("e-1"))
    record = msgspec.json.encode({**whole, "id": "x" * length})
    with pytest.raises(InvalidEvent, match=r"^verdict: the id"):
        DOCUMENTS.build(record, headers(), 0)


@pytest.mark.parametrize("value", [b"", b"x", b"-1", b"1.5", "٣".encode(), b"9" * 40])
def test_a_header_that_is_no_number_is_refused_without_repeating_it(value: bytes) -> None:
    with pytest.raises(InvalidEvent) as refusal:
        DOCUMENTS.build(verdict("e-1"), [(APPEND_HEADER, value)], 0)
    assert refusal.value.detail == f"the header {APPEND_HEADER} is no number"
