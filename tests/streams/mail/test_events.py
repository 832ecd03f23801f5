"""When a mail happened, which id it has, and what its label says."""

import json
from typing import Any

import pytest
from support.events import KINDS, LIMIT
from support.mails import proper_mail

from features.event import EventDecoder, to_rfc3339
from streams.mail.dates import moment_ms
from streams.mail.events import MailConverter, RawMail
from streams.wire import decode_label

DECODER = EventDecoder(KINDS["mail"], LIMIT, 300)


def time_of(converter: MailConverter, raw: bytes, ts: object = None) -> str:
    return to_rfc3339(DECODER.decode(converter.convert(RawMail("1", raw, ts)).event).time_ms)


@pytest.mark.parametrize(
    ("ts", "time"),
    [
        ("2002-07-15", "2002-07-15T00:00:00.000Z"),
        ("2002-07-15T10:00:00", "2002-07-15T10:00:00.000Z"),
        ("2002-07-15 10:00:00.1234+02:00", "2002-07-15T08:00:00.123Z"),
        ("20020715T100000Z", "2002-07-15T10:00:00.000Z"),
        ("0001-01-01", "0001-01-01T00:00:00.000Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000Z"),
        (1026727200, "2002-07-15T10:00:00.000Z"),
        (1026727200000, "2002-07-15T10:00:00.000Z"),
    ],
)
def test_the_given_time_counts_in_any_iso_form(ts: object, time: str) -> None:
    assert time_of(MailConverter(LIMIT), proper_mail(1), ts) == time


@pytest.mark.parametrize("ts", [None, "", "yesterday", "2002-13-45", "9999-12-31T23:59:59-12:00", [], True, 1e300])
def test_without_a_usable_time_the_topmost_received_header_counts(ts: object) -> None:
    raw = (
        b"Received: from a by b; Mon, 2 Mar 2026 09:00:00 +0100\n"
        b"Received: from c by a; Mon, 2 Mar 2026 01:00:00 +0000\nDate: Sun, 1 Mar 2026 00:00:00 +0000\n\n"
    )
    assert time_of(MailConverter(LIMIT), raw, ts) == "2026-03-02T08:00:00.000Z"


def test_then_the_date_header_and_then_the_previous_mails_time() -> None:
    converter = MailConverter(LIMIT)
    assert time_of(converter, b"no date\n\n") == "1970-01-01T00:00:00.000Z"
    assert time_of(converter, b"Received: x\nDate: Mon, 2 Mar 2026 08:00 GMT\n\n") == "2026-03-02T08:00:00.000Z"
    for absurd in (b"", b"Date: Mon, 2 Mar 3026 08:00:00 GMT", b"Date: 99 Foo 1 99:99", b"Date: " + b"9" * 9999):
        assert time_of(converter, absurd + b"\n\n") == "2026-03-02T08:00:00.000Z"


def test_a_header_that_claims_a_later_time_than_can_be_is_not_believed() -> None:
    converter = MailConverter(LIMIT, latest_ms=moment_ms("2026-03-02T08:00:00Z"))
    assert time_of(converter, b"Date: Mon, 2 Mar 2026 07:00:00 GMT\n\n") == "2026-03-02T07:00:00.000Z"
    assert time_of(converter, b"Date: Mon, 2 Mar 2026 09:00:00 GMT\n\n") == "2026-03-02T07:00:00.000Z"


@pytest.mark.parametrize(
    ("given", "label"), [("ham", "legit"), ("legit", "legit"), ("spam", "abuse"), ("phish", "abuse"), (1, "abuse")]
)
def test_anything_but_ham_or_legit_is_abuse_at_the_events_time(given: object, label: str) -> None:
    converted = MailConverter(LIMIT).convert(RawMail("a", b"x\n\n", "2002-07-15", given))
    assert converted.label is not None
    decoded = decode_label(converted.label, LIMIT)
    event = DECODER.decode(converted.event)
    assert (decoded.data.label, decoded.data.by, decoded.data.labeller) == (label, "analyst", "import")
    assert (decoded.decision_id, decoded.time_ms) == (event.decision_id, event.time_ms)
    assert decoded.data.event_time == "2002-07-15T00:00:00.000Z"


@pytest.mark.parametrize("given", [None, ""])
def test_no_label_is_no_label(given: object) -> None:
    assert MailConverter(LIMIT).convert(RawMail("a", b"", None, given)).label is None


@pytest.mark.parametrize("given", ["", "x" * 1025, "\ud800", "\x00", "ünï/🙂"])
def test_every_id_becomes_a_valid_one_and_always_the_same(given: str) -> None:
    records: list[Any] = [json.loads(MailConverter(LIMIT).convert(RawMail(given, b"")).event) for _ in range(2)]
    assert records[0]["id"] == records[1]["id"]
    assert 1 <= len(records[0]["id"]) <= 1024
