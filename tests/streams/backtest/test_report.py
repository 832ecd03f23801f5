"""What a report counts, on events that can be counted by hand."""

from __future__ import annotations

from typing import Any

import pytest
from support.backtests import backtest, bundle, decide, plan_of
from support.events import T0, record

from features.event import decision_id
from models.backtest.report import KindReport, RuleReport

# Account, address, whether it succeeds, and what was found to be true.
EVENTS = [
    ("ada", "192.0.2.1", True, "legit"),
    ("ada", "192.0.2.1", True, ""),
    ("bob", "192.0.2.2", True, "abuse"),
    ("bob", "192.0.2.3", False, "abuse"),
    ("cyd", "192.0.2.2", False, "abuse"),
    ("cyd", "192.0.2.9", False, ""),
    ("dan", "192.0.2.9", True, "abuse"),
    ("eve", "192.0.2.8", True, "legit"),
    ("fay", "192.0.2.7", True, ""),
]
BASELINE = bundle(
    ("steady", "account in ['bob']", "block"),
    ("leaving", "account in ['ada']", "challenge"),
    ("moved", "account in ['bob', 'dan']", "review"),
)
CANDIDATE = bundle(
    ("steady", "account in ['bob']", "block"),
    ("moved", "account in ['bob', 'cyd']", "throttle"),
    ("coming", "not success", "challenge"),
    ("shy?", "account in ['eve', 'cyd']", "block"),
)


def report(**options: Any) -> KindReport:
    events = [
        record("login", str(n), T0 + n * 1000, account=account, ip=ip, success=success)
        for n, (account, ip, success, _) in enumerate(EVENTS)
    ]
    truth = {decision_id("login", "test", str(n)): event[3] for n, event in enumerate(EVENTS) if event[3]}
    whole, _, _ = backtest(decide(events, BASELINE), plan_of(CANDIDATE, BASELINE), truth=truth, **options)
    assert whole.events == len(EVENTS)
    (kind,) = whole.kinds
    assert isinstance(kind, KindReport)
    return kind


def rule(name: str) -> RuleReport:
    (found,) = [one for one in report().rules if one.id == name]
    return found


def test_actions_are_counted_and_so_is_what_changes() -> None:
    kind = report()
    assert kind.candidate.actions == {"allow": 5, "throttle": 2, "block": 2}
    assert kind.baseline.actions == {"allow": 4, "review": 1, "challenge": 2, "block": 2}
    assert [(one.was, one.becomes, one.count) for one in kind.changes] == [
        ("allow", "throttle", 2),
        ("challenge", "allow", 2),
        ("review", "allow", 1),
    ]
    assert (kind.first, kind.last) == ("2026-11-21T05:00:00.000Z", "2026-11-21T05:00:08.000Z")


def test_those_who_are_newly_hit_or_spared_are_counted_once_by_target_and_by_address() -> None:
    kind = report()
    assert (kind.newly_hit.targets, kind.newly_hit.target_names) == (1, ("cyd",))
    # The address 192.0.2.2 was met before, with bob.
    assert kind.newly_hit.ip_names == ("192.0.2.9",)
    assert (kind.spared.target_names, kind.spared.ip_names) == (("ada",), ("192.0.2.1",))
    assert (kind.candidate.hit.targets, kind.baseline.hit.targets) == (2, 2)
    assert [(one.target, one.was, one.becomes) for one in kind.newly_hit_examples] == [("cyd", "allow", "throttle")]
    assert [(one.target, one.was, one.becomes) for one in kind.spared_examples] == [("ada", "challenge", "allow")]


def test_precision_and_recall_are_of_labelled_events() -> None:
    kind = report()
    assert kind.labels == {"abuse": 4, "legit": 2}
    enforced, before = kind.candidate.enforced, kind.baseline.enforced
    assert (enforced.precision.hits, enforced.precision.of) == (3, 3)
    assert (enforced.recall.hits, enforced.recall.of) == (3, 4)
    assert (before.precision.hits, before.precision.of) == (2, 3)
    assert (before.recall.hits, before.recall.of) == (2, 4)
    # A review was noticed, and not enforced.
    noticed = kind.baseline.noticed
    assert (noticed.recall.hits, noticed.recall.of) == (3, 4)


@pytest.mark.parametrize(
    ("name", "change", "fires", "was_firing", "newly", "no_longer"),
    [
        ("steady", "same", 2, 2, 0, 0),
        ("moved", "changed", 4, 3, 2, 1),
        ("coming", "new", 3, 0, 3, 0),
        ("leaving", "gone", 0, 2, 0, 2),
        ("shy", "new", 3, 0, 3, 0),
    ],
)
def test_a_rule_fires_as_often_as_it_does(
    name: str, change: str, fires: int, was_firing: int, newly: int, no_longer: int
) -> None:
    one = rule(name)
    assert one.change == change
    assert (one.fires, one.was_firing, one.newly, one.no_longer) == (fires, was_firing, newly, no_longer)


def test_a_rule_is_held_responsible_for_what_it_asked_for_and_got() -> None:
    moved, steady, shy = rule("moved"), rule("steady"), rule("shy")
    # At bob's the stronger rule decides.
    assert (moved.decisive, moved.actions) == (2, {"throttle": 2, "block": 2})
    assert (moved.newly_hit.target_names, moved.spared.target_names) == (("cyd",), ())
    assert (steady.decisive, steady.newly_hit.targets, steady.alone) == (2, 0, 0)
    assert (shy.mode, shy.decisive, shy.newly_hit.targets) == ("shadow", 0, 0)
    assert rule("leaving").spared.target_names == ("ada",)
    assert rule("coming").met.target_names == ("bob", "cyd")


def test_a_rule_has_a_precision_of_its_own_in_both_bundles() -> None:
    moved, shy = rule("moved"), rule("shy")
    assert (moved.quality.precision.hits, moved.quality.precision.of, moved.quality.recall.of) == (3, 3, 4)
    assert (moved.was_quality.recall.hits, moved.was_quality.recall.of) == (3, 4)
    assert (shy.quality.precision.hits, shy.quality.precision.of) == (1, 2)
    assert (shy.was_quality.precision.of, shy.was_quality.precision.value) == (0, None)


def test_rules_that_fire_together_are_told_with_how_much() -> None:
    # moved fires 4 times, coming 3 times, both 3 times.
    assert [(one.rule, one.both, one.jaccard, one.share) for one in rule("moved").overlaps] == [
        ("coming", 3, 0.75, 0.75),
        ("steady", 2, 0.5, 0.5),
        ("shy", 2, 2 / 5, 0.5),
    ]
    assert rule("leaving").overlaps == ()
    assert rule("leaving").alone == 2


def test_counterexamples_show_what_the_rule_saw() -> None:
    shy, steady = rule("shy"), rule("steady")
    (alarm,) = shy.false_alarms
    assert (alarm.event_id, alarm.target, alarm.label) == ("7", "eve", "legit")
    assert [(seen.rule, seen.observed) for seen in alarm.seen] == [("shy", {"account": "eve"})]
    assert alarm.id == decision_id("login", "test", "7")
    # First what nobody notices, then what only this rule misses.
    assert [one.target for one in steady.missed] == ["dan", "cyd"]
    assert [seen.observed for seen in steady.missed[0].seen] == [{"account": "dan"}]
    assert [one.target for one in report().missed] == ["dan"]
    assert report().false_alarms == ()


def test_costs_are_measured_for_the_candidates_rules() -> None:
    kind = report()
    assert kind.candidate.cost_ns is None
    whole, _, _ = backtest(decide([record("login", "x", T0)], BASELINE), plan_of(CANDIDATE, BASELINE), measure=True)
    (kind,) = whole.kinds
    costs = {one.id: one.cost_ns for one in kind.rules}
    assert costs.pop("leaving") is None
    assert all(cost is not None and 0 <= cost < 100_000 for cost in costs.values())
    assert kind.candidate.cost_ns is not None


def test_a_rate_that_only_the_candidate_promises_is_told_to_have_no_thresholds_to_judge_by() -> None:
    policies = [f'bands = [{{action = "block", max_false_positive_rate = {rate}}}]' for rate in (0.002, 0.001)]
    candidate, baseline = (bundle(("steady", "account in ['bob']", "block"), policy=text) for text in policies)
    events = [record("login", "1", T0, account="ada")]
    whole, _, _ = backtest(decide(events, baseline), plan_of(candidate, baseline))
    assert [note for note in whole.kinds[0].notes if "rate of 0.002 is promised only by the candidate" in note]
    whole, _, _ = backtest(decide(events, baseline), plan_of(baseline, baseline))
    assert not [note for note in whole.kinds[0].notes if "promised" in note]
