"""Undoing a rule: what comes of it is what the same events would have become without the rule."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.deciding import bundle_of
from support.events import T0
from support.reverting import ALWAYS, LOGIN, Log, Message

from models.actions import RANK
from models.band import Band
from models.errors import RuleError
from models.policy import Escalation, Policy
from models.rejudge import Rejudge, with_outcome
from models.verdict import decode, encode, is_intact
from streams.enforcement.record import MOST_DECISIONS
from streams.revert.record import Revert, correction_id, reverts_in

HOUR_MS = 3_600_000
BAD = ("bad", "country == 'ZZ'", "challenge")
GOOD = ("good", "not success", "challenge")
HARD = ("hard", "method == 'password'", "block")
THIRD = Policy(escalation=(Escalation("challenge", 3, "24h", "block"),), expires_s={"block": 86_400})


def bad(account: str = "ada", **more: Any) -> dict[str, Any]:
    return {"account": account, "country": "ZZ", **more}


def good(account: str = "ada", **more: Any) -> dict[str, Any]:
    return {"account": account, "success": False, **more}


def quiet(account: str = "ada", **more: Any) -> dict[str, Any]:
    return {"account": account, **more}


def test_only_decisions_in_which_the_rule_was_decisive_are_corrected() -> None:
    log = Log(bundle_of(Policy(), BAD, GOOD)).decide(bad("a"), quiet("b"), good("c"), {**bad("d"), "success": False})
    (made,) = log.undo()
    before = log.verdicts[0]
    assert (made.data.action, made.data.reasons, made.data.corrects) == ("allow", (), before.id)
    assert made.id == correction_id(before.id, ALWAYS.id)
    assert made.data.facts.snoozed == ("bad",)
    assert (made.data.event, made.data.fields, made.data.entities) == (
        before.data.event,
        before.data.fields,
        before.data.entities,
    )
    assert log.actions() == {"e0": "allow", "e1": "allow", "e2": "challenge", "e3": "challenge"}


def test_a_correction_can_be_judged_again_by_itself() -> None:
    log = Log(bundle_of(THIRD, BAD, GOOD)).decide(bad(), bad(), good(), good(), {**good(), "country": "ZZ"})
    log.undo()
    rejudge = Rejudge(LOGIN)
    for message in log.messages:
        assert is_intact(message.record)
        verdict = decode(message.record)
        assert encode(with_outcome(verdict, rejudge.judge(verdict, log.bundle))) == message.record


def test_a_second_run_finds_nothing_to_do_and_an_interrupted_one_goes_on() -> None:
    log = Log(bundle_of(Policy(), BAD)).decide(*(bad(f"a{i}") for i in range(10)))
    assert len(log.undo(most=4)) == 4
    plan, _ = log.plan()
    assert (plan.decisive, plan.done, len(plan.corrections)) == (10, 4, 6)
    assert len(log.undo()) == 6
    assert log.undo() == []
    assert len({one.id for one in log.verdicts}) == 20


def test_event_time_says_which_decisions_are_meant() -> None:
    log = Log(bundle_of(Policy(), BAD)).decide(*(bad(f"a{i}", time_ms=T0 + i * 1000) for i in range(5)))
    revert = Revert(rule="bad", kind="login", from_ms=T0 + 1000, to_ms=T0 + 3000)
    scan, _ = log.scan(revert)
    assert (scan.seen, scan.fired) == (2, 2)
    assert [one.data.event.id for one in log.undo(revert)] == ["e1", "e2"]


def test_a_rule_in_the_shadow_or_of_another_kind_has_nothing_to_undo() -> None:
    log = Log(bundle_of(Policy(), BAD)).decide(bad())
    (verdict,) = log.verdicts
    (reason,) = verdict.data.reasons
    shadow = msgspec.structs.replace(
        verdict.data, reasons=(msgspec.structs.replace(reason, mode="shadow"),), digest=msgspec.UNSET
    )
    shaded = Log(log.bundle, [Message(encode(msgspec.structs.replace(verdict, data=shadow)), 0, 0)])
    assert shaded.undo() == []
    assert log.undo(msgspec.structs.replace(ALWAYS, kind="mail")) == []
    assert log.undo(msgspec.structs.replace(ALWAYS, rule="ba")) == []


def test_the_first_verdict_of_an_id_counts_and_repeated_records_are_corrected_once() -> None:
    log = Log(bundle_of(Policy(), BAD)).decide(bad("a"), bad("b"))
    first, second = log.messages
    # The same event decided anew, because its verdict was lost before it was acknowledged.
    quiet_ = Log(bundle_of(Policy(), BAD)).decide(quiet("a"), quiet("b")).messages
    log.messages = [first, quiet_[1], Message(first.record, 2, 0), Message(second.record, 3, 1)]
    assert [one.data.event.id for one in log.undo()] == ["e0"]
    # Without the coordinates of its event a record is known by its id.
    log.messages = [Message(first.record, 0), Message(first.record, 1)]
    assert len(log.undo()) == 1


def test_of_an_event_that_was_decided_twice_the_decision_that_hinders_is_undone() -> None:
    log = Log(bundle_of(Policy(), BAD)).decide(bad("a"))
    (made,) = log.verdicts
    facts = msgspec.structs.replace(made.data.facts, protect=("account",))
    spared = msgspec.structs.replace(made, data=msgspec.structs.replace(made.data, facts=facts, action="allow"))
    # Its producer repeated it when nobody remembered it any more, and when nobody protected the account any more.
    log.messages = [Message(encode(spared), 0, 0), Message(log.messages[0].record, 1, 1)]
    assert len(log.undo()) == 1
    assert log.enforced() == {}


def test_decisions_whose_rules_are_gone_are_told() -> None:
    log = Log(bundle_of(Policy(), BAD)).decide(bad("a"), quiet("b"))
    log.bundle = bundle_of(Policy(), GOOD)
    scan, _ = log.scan()
    assert scan.unjudged == {"gone": 1}


def test_what_undone_decisions_escalated_is_undone_too() -> None:
    log = Log(bundle_of(THIRD, BAD, GOOD)).decide(bad(), bad(), good(), quiet(), good())
    assert log.actions() == {"e0": "challenge", "e1": "challenge", "e2": "block", "e3": "allow", "e4": "block"}
    plan, _ = log.plan()
    assert [one.escalated for one in plan.corrections] == [False, False, True, True]
    made = {one.data.event.id: one for one in log.undo()}
    assert made["e2"].data.facts.escalation == {}
    assert made["e2"].data.policy == ("rule good asks for challenge",)
    assert made["e2"].data.expires_at is msgspec.UNSET
    assert made["e4"].data.facts.escalation == {"challenge": (log.verdicts[2].id,)}
    assert log.actions() == {"e0": "allow", "e1": "allow", "e2": "challenge", "e3": "allow", "e4": "challenge"}


def test_what_still_counts_keeps_its_escalation_also_where_undone_decisions_had_pushed_it_out_of_the_record() -> None:
    log = Log(bundle_of(THIRD, BAD, GOOD)).decide(good(), good(), bad(), bad(), good())
    last = log.verdicts[4]
    assert last.data.facts.escalation["challenge"] == (log.verdicts[2].id, log.verdicts[3].id)
    log.undo()
    assert log.actions() == {"e0": "challenge", "e1": "challenge", "e2": "allow", "e3": "allow", "e4": "block"}
    # The two that it still counts had not been named by it: no correction of it is needed.
    assert not [one for one in log.verdicts if one.data.corrects == last.id]


def test_undone_decisions_count_no_more_for_coming_ones() -> None:
    log = Log(bundle_of(THIRD, BAD, GOOD)).decide(bad(), good(), {**good(), "country": "ZZ"}, quiet())
    plan, _ = log.plan()
    ids = [one.id for one in log.verdicts]
    # The third asks for a challenge by the other rule too, and still counts.
    assert [one.id for one in plan.uncounted] == [ids[0]]
    # Also when everything is published: the store may not have been told.
    log.undo()
    assert [one.id for one in log.plan()[0].uncounted] == [ids[0]]


def test_a_long_chain_of_decisions_is_followed_to_its_end() -> None:
    log = Log(bundle_of(THIRD, BAD, GOOD)).decide(
        *(bad(time_ms=T0 + i) for i in range(3000)), good(time_ms=T0 + 5000), batch=500
    )
    assert log.actions()["e3000"] == "block"
    assert len(log.undo()) == 3001
    assert set(log.actions().values()) == {"allow", "challenge"}
    assert log.actions()["e3000"] == "challenge"


ANOTHER = Revert(rule="good", kind="login", from_ms=0, to_ms=T0 + 10**12)


def test_of_two_rules_that_hide_behind_each_other_the_second_revert_frees_the_target() -> None:
    both = {**bad(), "success": False}
    log = Log(bundle_of(Policy(), BAD, GOOD)).decide(both)
    assert log.undo(ALWAYS) == []
    (made,) = log.undo(ANOTHER, [ALWAYS])
    assert (made.data.action, made.data.facts.snoozed) == ("allow", ("bad", "good"))
    assert log.undo(ALWAYS, [ANOTHER]) == []


def test_a_second_correction_of_a_decision_corrects_the_decision_and_leaves_nothing_of_the_first() -> None:
    hard = ("bad", "country == 'ZZ'", "block")
    log = Log(bundle_of(Policy(), hard, GOOD)).decide({**bad(), "success": False})
    (first,) = log.undo(ALWAYS)
    assert first.data.action == "challenge"
    (second,) = log.undo(ANOTHER, [ALWAYS])
    assert (second.data.action, second.data.corrects, second.data.reasons) == ("allow", first.data.corrects, ())
    assert second.id != first.id
    assert log.undo(ALWAYS, [ANOTHER]) == []
    assert log.undo(ANOTHER, [ALWAYS]) == []
    assert log.enforced() == {}


def test_a_rule_that_was_reverted_for_other_times_speaks_still() -> None:
    both = {**bad(), "success": False}
    log = Log(bundle_of(Policy(), BAD, GOOD)).decide(both)
    elsewhere = msgspec.structs.replace(ALWAYS, from_ms=T0 + 10, to_ms=T0 + 20)
    assert log.undo(ANOTHER, [elsewhere]) == []


def test_undoing_a_mild_rule_that_had_the_first_word_lets_the_score_speak() -> None:
    policy = Policy(combine="rules-first", bands=(Band("block", 0.5),))
    log = Log(bundle_of(policy, BAD)).decide(bad())
    assert log.undo()[0].data.action == "allow"


def test_what_would_be_a_stronger_action_without_the_rule_is_left_and_counted() -> None:
    # The rule hides a second challenge behind its own answer: without it that would be a block.
    hides = ("bad", "country == 'ZZ'", "throttle")
    policy = Policy(escalation=(Escalation("challenge", 2, "24h", "block"),))
    log = Log(bundle_of(policy, hides, GOOD)).decide(good(), bad(success=False), bad())
    assert list(log.actions().values()) == ["challenge", "throttle", "throttle"]
    plan, _ = log.plan()
    assert ([one.action for one in plan.corrections], plan.decisive, plan.harder) == (["allow"], 2, 1)


def test_a_repeated_revert_has_the_same_id_and_another_one_another() -> None:
    same = msgspec.structs.replace(ALWAYS, author="eve", note="again", at_ms=5)
    assert same.id == ALWAYS.id
    others = {
        msgspec.structs.replace(ALWAYS, **{name: value}).id
        for name, value in (("rule", "x"), ("kind", "mail"), ("from_ms", 1), ("to_ms", 2))
    }  # type: ignore[arg-type]
    assert len(others | {ALWAYS.id}) == 5
    control = {ALWAYS.key: msgspec.json.encode(ALWAYS), ANOTHER.key: msgspec.json.encode(ANOTHER), "list/x": b"{}"}
    assert {one.rule for one in reverts_in(control, "login")} == {"bad", "good"}
    assert reverts_in(control, "mail") == []
    with pytest.raises(RuleError, match="was not written by 'weir rules revert'"):
        reverts_in({"revert/1": b"{"}, "login")


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.booleans(), st.booleans(), st.booleans(), st.integers(0, 10)), max_size=25
    ),
    st.integers(1, 6),
)
def test_what_is_left_is_what_the_same_events_become_without_the_rule(
    drawn: list[tuple[str, bool, bool, bool, int]], batch: int
) -> None:
    time_ms, events = T0, []
    for account, is_bad, is_good, is_hard, hours in drawn:
        time_ms += hours * HOUR_MS
        event: dict[str, Any] = {"account": account, "success": not is_good, "time_ms": time_ms}
        event |= {"country": "ZZ"} if is_bad else {}
        event |= {"method": "password"} if is_hard else {}
        events.append(event)
    hard = ("hard", "method == 'password'", "quarantine")
    log = Log(bundle_of(THIRD, BAD, GOOD, hard)).decide(*events, batch=batch)
    made = log.actions()
    log.undo()
    assert log.undo() == []
    without = Log(bundle_of(THIRD, GOOD, hard)).decide(*events, batch=batch)
    expected = {event: min(action, made[event], key=RANK.__getitem__) for event, action in without.actions().items()}
    assert log.actions() == expected
    # Beyond so many decisions about a target the enforcer lets the oldest go, and they do not come back.
    if expected == without.actions() and len(drawn) <= MOST_DECISIONS:
        assert log.enforced() == without.enforced()
