"""The door through which records become events: what it refuses and why, and that it repeats nothing it was given."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.events import KINDS, LIMIT, T0, event, record
from support.hostile import garbage, odd_but_valid

from features.errors import InvalidEvent
from features.event import EventDecoder, decision_id, public_fields, to_rfc3339
from features.kind import Account, Entity, Fields, Kind, number

SECRET = "s3cr3t"
DECODERS = {name: EventDecoder(kind, LIMIT, 300) for name, kind in KINDS.items()}


def with_(kind: str, **changes: Any) -> bytes:
    """A valid record of which parts of the envelope are replaced."""
    return msgspec.json.encode({**msgspec.json.decode(record(kind, "1")), **changes})


def refusal(kind: str, value: bytes) -> InvalidEvent | None:
    try:
        DECODERS[kind].decode(value, append_ms=T0)
    except InvalidEvent as error:
        return error
    return None


@pytest.mark.parametrize("seed", range(8))
def test_every_hostile_lineis_refused_for_its_stated_reason(seed: int) -> None:
    for kind, value, expected in garbage(seed, 60, T0):
        with pytest.raises(InvalidEvent) as caught:
            DECODERS[kind].decode(value, append_ms=T0)
        assert caught.value.reason == expected, value if value is None else value[:100]


def test_odd_but_valid_events_are_events() -> None:
    for kind, value in odd_but_valid(T0):
        made = DECODERS[kind].decode(value, append_ms=T0)
        assert made.id == msgspec.json.decode(value)["id"]


def _wrap(marker: str) -> list[str]:
    quoted = [f"x'{marker}'y", f'x"{marker}"y', f"a'b\"{marker}'\"", f"\n'{marker}'", f"z - at `${marker}", marker]
    return [*quoted, f"`{marker}`", f"\\'{marker}\\\""]


def _places(value: Any, marker: str) -> list[Any]:
    """``value`` with every part of it, keys included, replaced by the marker in turn."""
    made: list[Any] = [marker, [marker], {marker: marker}, [{marker: 1}]]
    if isinstance(value, dict):
        for key, part in value.items():
            made += [{**value, key: changed} for changed in _places(part, marker)]
            made.append({marker if k == key else k: v for k, v in value.items()})
    return made


FULL: dict[str, dict[str, Any]] = {
    "login": {"account": "a", "success": True, "ip": "::1", "asn": 1, "latitude": 1.0, "method": "otp"},
    "signup": {"account": "a", "ip": "::1", "captcha": "passed", "form_seconds": 2.0, "device": "d"},
    "mail": {"account": "a", "direction": "inbound", "recipients": ["r"], "spf": "pass", "body": "b", "headers": "h"},
}


@pytest.mark.parametrize("kind", FULL)
@pytest.mark.parametrize("marker", _wrap(SECRET))
def test_no_refusal_repeats_anything_of_its_record(kind: str, marker: str) -> None:
    whole = msgspec.json.decode(record(kind, "1", **FULL[kind]))
    refusals = [refusal(kind, msgspec.json.encode(changed)) for changed in _places(whole, marker)]
    refused = [error for error in refusals if error is not None]
    assert len(refused) > 20
    assert [error for error in refused if SECRET in str(error) or SECRET in error.detail] == []


@pytest.mark.parametrize("text", [b'{"a":"%s', b'{"%s":}', b"%s", b'"%s"', b'{"id":"%s",}', b'{"time":"%s"}'])
def test_no_refusal_of_broken_json_repeats_anything_of_its_record(text: bytes) -> None:
    with pytest.raises(InvalidEvent) as caught:
        DECODERS["login"].decode(text.replace(b"%s", SECRET.encode()))
    assert SECRET not in str(caught.value)


def test_an_ill_typed_field_is_named_with_its_path() -> None:
    with pytest.raises(InvalidEvent) as caught:
        DECODERS["mail"].decode(record("mail", "1", recipients=["a", 7]))
    assert str(caught.value) == "field: Expected `str`, got `int` - at `$.data.recipients[1]`"


def test_a_missing_field_is_named() -> None:
    with pytest.raises(InvalidEvent) as caught:
        DECODERS["login"].decode(with_("login", data={"account": "a"}))
    assert "`success`" in str(caught.value)
    assert caught.value.reason == "field"


def test_unknown_fields_are_ignored_and_counted_in_valid_records_only() -> None:
    decoder = EventDecoder(KINDS["login"], LIMIT, 300)
    made = decoder.decode(record("login", "1", colour="red", size={"asn": 1}))
    assert decoder.unknown_fields == 2
    assert "colour" not in public_fields(made)
    with pytest.raises(InvalidEvent):
        decoder.decode(record("login", "2", colour="red", account=7))
    assert decoder.unknown_fields == 2


def test_an_empty_optional_text_is_absent_and_an_empty_list_is_not() -> None:
    made = event("mail", "1", sender="", spf="", subject="", recipients=[])
    assert (made.data.sender, made.data.spf, made.data.subject) == (None, None, None)
    assert made.data.recipients == []
    assert public_fields(made) == {"account": "ada", "direction": "inbound", "recipients": []}


def test_private_text_is_no_public_field() -> None:
    assert not {"body", "headers"} & public_fields(event("mail", "1", body="b", headers="h")).keys()


@pytest.mark.parametrize(
    ("written", "time_ms"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.001Z", 1),
        ("1970-01-01T01:30:00+01:30", 0),
        ("2026-11-21T05:00:00.123456789Z", 1_795_237_200_123),
        ("2026-11-21T05:00:00.9999Z", 1_795_237_200_999),
        ("1969-12-31T23:59:59.999Z", -1),
        ("1969-12-31T23:59:59.9999Z", -1),
        ("0001-01-01T00:00:00Z", -62_135_596_800_000),
        ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
    ],
)
def test_times_are_milliseconds_since_1970_on_both_sides_of_it(written: str, time_ms: int) -> None:
    made = DECODERS["login"].decode(with_("login", time=written))
    assert made.time_ms == time_ms
    assert DECODERS["login"].decode(with_("login", time=to_rfc3339(time_ms))).time_ms == time_ms


@pytest.mark.parametrize(
    "written",
    [
        "0001-01-01T00:00:00+05:00",
        "9999-12-31T23:59:59-05:00",
        "2026-11-21T05:00:00",
        "2026-02-30T00:00:00Z",
        "2016-12-31T23:59:60Z",
        "yesterday",
        "",
        1_795_237_200,
        None,
    ],
)
def test_a_time_that_is_none_or_is_in_no_year_of_the_calendar_is_refused_as_time(written: Any) -> None:
    with pytest.raises(InvalidEvent) as caught:
        DECODERS["login"].decode(with_("login", time=written))
    assert caught.value.reason == "time"


@given(st.integers(-62_135_596_800_000, 253_402_300_799_999))
def test_a_time_is_written_as_it_is_read(time_ms: int) -> None:
    assert event("login", "1", time_ms).time_ms == time_ms


def test_a_time_over_max_future_after_the_append_is_refused_and_any_past_is_not() -> None:
    decoder = EventDecoder(KINDS["login"], LIMIT, 300)
    assert decoder.decode(record("login", "1", T0 + 300_000), append_ms=T0).time_ms == T0 + 300_000
    assert decoder.decode(record("login", "1", -(10**13)), append_ms=T0).time_ms == -(10**13)
    assert decoder.decode(record("login", "1", T0 + 10**12), append_ms=None).time_ms == T0 + 10**12
    with pytest.raises(InvalidEvent) as caught:
        decoder.decode(record("login", "1", T0 + 300_001), append_ms=T0)
    assert caught.value.reason == "future"


def test_a_lineof_just_the_limit_is_taken_and_one_byte_more_is_not() -> None:
    value = record("login", "1")
    assert EventDecoder(KINDS["login"], len(value), 300).decode(value).id == "1"
    with pytest.raises(InvalidEvent) as caught:
        EventDecoder(KINDS["login"], len(value) - 1, 300).decode(value)
    assert caught.value.reason == "oversized"


_parts = st.text(st.sampled_from('a",[]\\ü\x00'), max_size=4)


@given(st.tuples(_parts, _parts, _parts), st.tuples(_parts, _parts, _parts))
def test_a_decision_id_stands_for_kind_source_and_id_and_no_other_cut_of_them(
    one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    assert (decision_id(*one) == decision_id(*other)) == (one == other)


def test_a_decision_id_never_changes() -> None:
    # It is a key in stores and indices that outlive a release.
    assert decision_id("login", "auth/eu-1", "42") == DECISION_ID
    assert event("login", "42", source="auth/eu-1").decision_id == DECISION_ID


DECISION_ID = "5dee40c376a8967e6ec6406d3270f7da"


class Transfer(Fields, frozen=True, kw_only=True):
    account: Account
    cents: int
    fee: int | None = None
    share: Annotated[int, number(least=0, most=100)] | None = None


def test_a_whole_number_that_no_store_could_hold_is_refused() -> None:
    kind = Kind("transfer", Transfer, "account", (Entity("account", "account"),), ())
    decoder = EventDecoder(kind, LIMIT, 300)

    def made(**data: int) -> bytes:
        envelope = {"specversion": "1.0", "id": "1", "source": "s", "type": "transfer", "time": to_rfc3339(T0)}
        return msgspec.json.encode({**envelope, "data": {"account": "a", "cents": 1, **data}})

    assert decoder.decode(made(cents=-(2**53) + 1, fee=2**53 - 1)).data.fee == 2**53 - 1
    for name, value in (("cents", 2**53), ("cents", -(10**30)), ("fee", 2**53)):
        with pytest.raises(InvalidEvent, match=f"2\\^53 - at `\\$.data.{name}`") as caught:
            decoder.decode(made(**{name: value}))
        assert caught.value.reason == "field"


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_invalid_event(value: bytes) -> None:
    with pytest.raises(InvalidEvent):
        DECODERS["mail"].decode(value)


_numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
_json = st.recursive(
    st.none() | st.booleans() | _numbers | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_fields = st.sampled_from(
    ["account", "direction", "recipients", "recipient_count", "ip", "spf", "body", "size_bytes"]
)


@given(_fields, _json)
def test_a_field_is_taken_as_it_is_or_refused(name: str, value: Any) -> None:
    line = record("mail", "1", **{name: value})
    refused = refusal("mail", line)
    if refused is None:
        assert getattr(DECODERS["mail"].decode(line).data, name) == (value if value != "" else None)
    else:
        assert refused.reason == "field"
