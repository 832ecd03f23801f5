"""What the enforcer reads of a verdict's record, and what it does not take for one."""

from __future__ import annotations

import msgspec
import pytest
from support.decisions import T0, Sent
from support.verdicts import headers, verdict

from models.actions import ACTIONS
from streams.enforcement.record import Enforced
from streams.enforcement.verdict import Decided, Origin, decode_decided, read_source


def test_a_workers_verdict_is_understood() -> None:
    record = verdict("7", action="block", target="ip", expires_at="2026-11-21T05:00:00.123Z")
    name = msgspec.json.decode(record)["id"]
    enforced = Enforced(name, "login", "block", T0 + 123)
    assert decode_decided(record) == Decided(name, "ip=192.0.2.1", None, enforced)


def test_a_correction_enforces_its_own_action_in_the_place_of_its_decision() -> None:
    record = Sent("c", "ada", "throttle", T0, corrects="d", source=0, offset=1).value
    enforced = Enforced("d", "login", "throttle", T0, correction="c")
    assert decode_decided(record) == Decided("c", "account=ada", "d", enforced)


@pytest.mark.parametrize("action", ACTIONS)
def test_what_is_above_review_is_enforced(action: str) -> None:
    decided = decode_decided(verdict("7", action=action))
    assert (decided.enforced is not None) == (ACTIONS.index(action) > ACTIONS.index("review"))


@pytest.mark.parametrize("entities", [{}, {"ip": "192.0.2.1"}, {"account": ""}])
def test_a_verdict_without_the_entity_that_it_is_about_has_no_target(entities: dict[str, str]) -> None:
    assert decode_decided(verdict("7", entities=entities)).target is None


@pytest.mark.parametrize("target", ["a=b", ".source/x", ""])
def test_a_target_whose_key_would_be_taken_for_another_is_none(target: str) -> None:
    assert decode_decided(verdict("7", target=target, entities={target: "x"})).target is None


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"{}",
        b"\xff",
        verdict("7").replace(b'"type":"verdict"', b'"type":"label"'),
        verdict("7").replace(b'"action":"challenge"', b'"action":"shrug"'),
        verdict("7", expires_at="2026-11-21T05:00:00"),
        verdict("7", expires_at="tomorrow"),
    ],
)
def test_what_is_no_verdict_is_refused(record: bytes) -> None:
    with pytest.raises((msgspec.MsgspecError, UnicodeError)):
        decode_decided(record)


def test_the_source_names_both_partitions_and_a_record_without_headers_has_none() -> None:
    assert read_source("verdicts:1", headers(offset=7)) == Origin("verdicts:1<topic-id:3", 7)
    assert read_source("verdicts:1", None) is None
    assert read_source("verdicts:1", headers()[:2]) is None
    assert read_source("verdicts:1", [(name, b"x") for name, _ in headers()]) is None
