"""A backtest of other rules equals what a live run with them decides, event by event."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest
from support.backtests import actions, backtest, bundle, decide, logins, plan_of
from support.events import T0, record
from support.standing import add, freeze, label, snooze
from support.traffic import traffic

from features.errors import StoreUnavailable
from features.store.memory import MemoryStore
from models.bundle import Bundle
from streams.standing import Standing

EVENTS = 1200
BANDS = '[[bands]]\nscore = 0.6\naction = "review"\n'
ESCALATES = '[[escalation]]\naction = "challenge"\ncount = 3\nwindow = "1d"\nbecomes = "block"\n'
MOST = '[[budgets]]\nwindow = "1h"\nmost = 9\n[[budgets]]\nrule = "failing"\nwindow = "10m"\nmost = 3\n'
SHARE = '[[budgets]]\nwindow = "1d"\nshare = 0.1\nat_least = 20\n'
# Fires often and on the same accounts, so that there is something to escalate.
FAILING = ("failing", "not success", "challenge")
ADDRESS = ("address", "ip.accounts_1h >= 3", "block")
LISTED = ("listed", "ip in lists.offices or account in lists.known", "throttle")
LABELLED = ("labelled", '"odd" in labels.account', "quarantine")
OFFICES = 'of = "ip"\n[[entry]]\nvalue = "198.18.0.0/15"\n'
FEWER = 'of = "ip"\n[[entry]]\nvalue = "198.19.0.0/17"\n'
KNOWN = 'of = "account"\n'

RECORDED = bundle(FAILING, ("old", "ip.failures_1h >= 2", "throttle"), LABELLED, policy=BANDS + ESCALATES + MOST)


def people(standing: Standing) -> None:
    """What was set while the events were decided, whatever the rules are."""
    accounts = [msgspec.json.decode(one)["data"]["account"] for one in logins(EVENTS)]
    common = [account for account, _ in Counter(accounts).most_common(6)]
    add(standing, "protect", "entity", f"account={common[0]}")
    label(standing, "account", common[1], "odd")
    label(standing, "account", common[2], "odd", automatic=True)
    snooze(standing, "failing", "account", common[3], 3_000_000_000_000)


@pytest.fixture(scope="module")
def verdicts() -> list[bytes]:
    return decide(logins(EVENTS), RECORDED, people)


@pytest.mark.parametrize(
    "candidate",
    [
        bundle(FAILING, ADDRESS, LABELLED, policy=BANDS + ESCALATES),
        bundle(FAILING, ADDRESS, LABELLED, policy=BANDS + MOST + ESCALATES),
        bundle(FAILING, ("shy?", "success", "block"), policy=SHARE + ESCALATES),
        bundle(FAILING, LISTED, policy=MOST + BANDS, lists={"offices": OFFICES, "known": KNOWN}),
        bundle(shipped=True),
    ],
    ids=["escalation", "budgets", "share", "lists", "shipped"],
)
def test_every_action_is_that_of_a_live_run(verdicts: list[bytes], candidate: Bundle) -> None:
    live = actions(decide(logins(EVENTS), candidate, people))
    report, decisions, refused = backtest(verdicts, plan_of(candidate, RECORDED))
    assert refused == []
    assert {event: pair[0] for event, pair in decisions.items()} == live
    # And what was recorded comes out of the bundle that was in force, from the first event to the last.
    assert {event: pair[1] for event, pair in decisions.items()} == actions(verdicts)
    (kind,) = report.kinds
    assert (kind.reproduced, kind.judged_by_baseline) == (EVENTS, EVENTS)
    assert kind.candidate.actions == dict(Counter(live.values()))


def test_the_comparison_means_something(verdicts: list[bytes]) -> None:
    facts = [msgspec.json.decode(verdict)["data"]["facts"] for verdict in verdicts]
    known = Counter(name for one in facts for name in one)
    assert min(known[name] for name in ("escalation", "tripped", "protect", "labels", "snoozed")) >= 3
    assert len(Counter(actions(verdicts).values())) >= 4


def test_a_list_whose_file_changes_counts_as_the_new_file_says_and_as_was_set_live(verdicts: list[bytes]) -> None:
    def live_too(standing: Standing) -> None:
        people(standing)
        add(standing, "offices", "ip", "100.64.0.0/12")

    before = bundle(LISTED, lists={"offices": OFFICES, "known": KNOWN})
    after = bundle(LISTED, FAILING, lists={"offices": FEWER, "known": KNOWN})
    recorded = decide(logins(EVENTS), before, live_too)
    live = actions(decide(logins(EVENTS), after, live_too))
    _, decisions, _ = backtest(recorded, plan_of(after, before))
    assert {event: pair[0] for event, pair in decisions.items()} == live
    assert len(Counter(live.values())) >= 3
    assert live != actions(recorded)


def test_verdicts_of_a_bundle_that_nobody_knows_any_more_are_judged_too(verdicts: list[bytes]) -> None:
    candidate = bundle(FAILING, LISTED, LABELLED, lists={"offices": OFFICES, "known": KNOWN})
    live = actions(decide(logins(EVENTS), candidate, people))
    report, decisions, _ = backtest(verdicts, plan_of(candidate, candidate))
    assert {event: pair[0] for event, pair in decisions.items()} == live
    assert any(RECORDED.hash in note for note in report.kinds[0].notes)


def test_escalations_are_those_of_a_worker_that_takes_many_events_at_once(verdicts: list[bytes]) -> None:
    candidate = bundle(FAILING, ADDRESS, LABELLED, policy=BANDS + ESCALATES)
    live = actions(decide(logins(EVENTS), candidate, people, at_once=150))
    _, decisions, _ = backtest(verdicts, plan_of(candidate, RECORDED))
    assert {event: pair[0] for event, pair in decisions.items()} == live


def test_protection_that_comes_and_goes_with_a_file_does_so_here(verdicts: list[bytes]) -> None:
    accounts = Counter(msgspec.json.decode(one)["data"]["account"] for one in logins(EVENTS)).most_common(9)
    some, others = (
        "".join(f'[[entry]]\nvalue = "account={name}"\n' for name, _ in chosen)
        for chosen in (accounts[4:7], accounts[6:9])
    )
    before = bundle(("all", "account != 'x'", "block"), lists={"protect": some})
    asks = ("asks", "account in lists.protect", "review")
    after = bundle(("all", "account != 'x'", "challenge"), asks, lists={"protect": others})
    recorded = decide(logins(EVENTS), before, people)
    live = decide(logins(EVENTS), after, people)
    report, decisions, _ = backtest(recorded, plan_of(after, before))
    assert {event: pair[0] for event, pair in decisions.items()} == actions(live)
    protected = {one[0] for one in (accounts[0], *accounts[6:9])}
    allowed = Counter(
        msgspec.json.decode(one)["data"]["fields"]["account"] for one in live if b'"action":"allow"' in one
    )
    assert set(allowed) == protected
    # A rule that asks for the list fires there, whatever becomes of it.
    (fires,) = [rule.fires for rule in report.kinds[0].rules if rule.id == "asks"]
    assert fires == allowed.total()


def test_what_is_frozen_stays_frozen(verdicts: list[bytes]) -> None:
    def frozen(standing: Standing) -> None:
        freeze(standing, "login", "review")

    events = logins(EVENTS)[:200]
    candidate = bundle(FAILING, ADDRESS, policy=ESCALATES + MOST)
    _, decisions, _ = backtest(decide(events, RECORDED, frozen), plan_of(candidate, RECORDED))
    live = actions(decide(events, candidate, frozen))
    assert {event: pair[0] for event, pair in decisions.items()} == live
    assert set(live.values()) == {"allow", "review"}


@pytest.mark.parametrize("closed", ["", 'do = "closed"\naction = "throttle"\n'], ids=["open", "closed"])
def test_decisions_without_features_stay_so_and_count_for_nothing(closed: str) -> None:
    events = [record("login", str(n), T0 + n, success=n % 3 == 0) for n in range(40)]
    blind = "[without_features]\nafter_s = 0\n"
    before = bundle(FAILING, policy=blind + 'do = "open"\n')
    escalating = '[[escalation]]\naction = "challenge"\ncount = 2\nwindow = "1d"\nbecomes = "block"\n'
    stateful = ("stateful", "account.logins_1h >= 0", "quarantine")
    after = bundle(FAILING, stateful, policy=escalating + MOST + blind + (closed or 'do = "open"\n'))
    recorded = decide(events, before, store=Away())
    live = actions(decide(events, after, store=Away()))
    report, decisions, _ = backtest(recorded, plan_of(after, before))
    assert {event: pair[0] for event, pair in decisions.items()} == live
    assert set(live.values()) == ({"throttle"} if closed else {"allow", "challenge"})
    assert any("without features" in note for note in report.kinds[0].notes)


class Away(MemoryStore):
    """A store that does not answer."""

    async def attach(self, partition: str) -> int:
        raise StoreUnavailable("away")


@pytest.mark.parametrize("policy", [MOST + ESCALATES, SHARE + ESCALATES], ids=["most", "share"])
def test_events_whose_times_are_in_disorder_count_as_they_do_live(policy: str) -> None:
    events = traffic(7, 1500, T0, kinds=("login",))
    before = bundle(FAILING, policy=BANDS)
    after = bundle(FAILING, ("some", "account.logins_24h >= 2", "challenge"), policy=policy)
    recorded = decide(events, before)
    live = decide(events, after)
    _, decisions, _ = backtest(recorded, plan_of(after, before))
    # Late events look at budgets and escalations of their own time.
    assert {event: pair[0] for event, pair in decisions.items()} == actions(live)
    facts = [msgspec.json.decode(verdict)["data"]["facts"] for verdict in live]
    assert all(any(name in one for one in facts) for name in ("escalation", "tripped"))
