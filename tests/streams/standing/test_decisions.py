"""What people set live, in the decisions of a worker: protection wins, freezes hold, snoozes concern one entity."""

from __future__ import annotations

import asyncio
from typing import Any

from support.deciding import Worker, actions, bundle_of
from support.events import T0
from support.standing import add, freeze, label, snooze

from features.store.memory import MemoryStore
from models.policy import Escalation, Policy
from models.verdict import Verdict

BLOCKS = ("login-any", "success", "block")
HOUR_MS = 3_600_000


def worker(policy: Policy | None = None, *rules: tuple[str, str, str]) -> Worker:
    return Worker(MemoryStore(), bundle_of(policy or Policy(), *(rules or (BLOCKS,))))


def decide(one: Worker, name: str, time_ms: int = T0, **fields: Any) -> Verdict:
    (verdict,) = asyncio.run(one.decide(one.login(name, time_ms, **fields)))
    return verdict


def test_protection_outranks_rules_escalation_and_a_freeze_and_says_so() -> None:
    policy = Policy(escalation=(Escalation("block", 2, "24h", "block"),))
    one = worker(policy, BLOCKS, ("login-other", "success", "challenge"))
    assert decide(one, "before").data.action == "block"
    add(one.standing, "protect", "entity", "account=ada")
    verdict = decide(one, "protected")
    assert verdict.data.action == "allow"
    assert verdict.data.facts.protect == ("account",)
    assert verdict.data.policy[-1] == "account protected: allow"
    assert [reason.rule for reason in verdict.data.reasons] == ["login-any", "login-other"]
    freeze(one.standing, "login", "review")
    assert decide(one, "frozen").data.action == "allow"
    assert decide(one, "another", account="eve").data.action == "review"


def test_protection_of_any_entity_of_the_event_is_enough_also_by_a_network_until_it_expires() -> None:
    one = worker()
    add(one.standing, "protect", "entity", "ip=2001:db8::/32", T0 + HOUR_MS)
    protected = decide(one, "a", ip="2001:db8:7::1")
    assert (protected.data.action, protected.data.facts.protect) == ("allow", ("ip",))
    assert decide(one, "b", ip="2001:db9::1").data.action == "block"
    assert decide(one, "c", T0 + HOUR_MS, ip="2001:db8:7::1").data.action == "block"


def test_a_freeze_is_a_ceiling_that_verdicts_say_aloud_until_it_is_lifted() -> None:
    one = worker(None, BLOCKS)
    freeze(one.standing, "login", "review")
    verdict = decide(one, "a")
    assert (verdict.data.action, verdict.data.facts.freeze) == ("review", "review")
    assert "frozen" in verdict.data.degraded
    assert any("frozen" in step for step in verdict.data.policy)
    assert [reason.action for reason in verdict.data.reasons] == ["block"]
    freeze(one.standing, "login", "allow")
    assert decide(one, "b").data.action == "allow"
    freeze(one.standing, "mail", "review")
    freeze(one.standing, "login", None)
    after = decide(one, "c")
    assert (after.data.action, after.data.degraded) == ("block", ())


def test_a_snoozed_rule_is_silent_for_its_entity_and_no_other_rule_is() -> None:
    one = worker(None, BLOCKS, ("login-other", "success", "challenge"))
    snooze(one.standing, "login-any", "account", "ada", T0 + HOUR_MS)
    verdict = decide(one, "a")
    assert (verdict.data.action, verdict.data.facts.snoozed) == ("challenge", ("login-any",))
    assert [reason.rule for reason in verdict.data.reasons] == ["login-other"]
    assert decide(one, "b", account="eve").data.action == "block"
    assert decide(one, "c", T0 + HOUR_MS).data.action == "block"


def test_a_rule_that_asks_a_list_fires_as_long_as_the_value_stands_in_it() -> None:
    one = worker(None, ("login-vpn", "ip in lists.vpn_exits", "challenge"))
    assert decide(one, "a", ip="2001:DB8::7").data.action == "allow"
    entry = add(one.standing, "vpn_exits", "ip", "2001:db8::/48", T0 + HOUR_MS)
    verdict = decide(one, "b", ip="2001:DB8::7")
    assert (verdict.data.action, verdict.data.facts.lists) == ("challenge", {"vpn_exits": ("ip",)})
    assert decide(one, "c", T0 + HOUR_MS, ip="2001:DB8::7").data.action == "allow"
    assert decide(one, "d").data.facts.lists == {}
    one.standing.on_control(entry.key, None)
    assert decide(one, "e", ip="2001:DB8::7").data.action == "allow"


def test_what_an_event_lacks_stands_in_no_list_and_outside_of_none() -> None:
    one = worker(None, ("login-asn", "asn not in lists.home", "review"))
    add(one.standing, "home", "asn", "64500")
    actions_ = [decide(one, f"{asn}", asn=asn).data.action for asn in (64500, 64501, None)]
    assert actions_ == ["allow", "review", "allow"]


def test_a_rule_that_asks_for_a_label_fires_while_that_counts() -> None:
    one = worker(None, ("login-taken", '"compromised" in labels.account', "block"))
    label(one.standing, "account", "ada", "compromised", automatic=True)
    assert decide(one, "a").data.action == "block"
    label(one.standing, "account", "ada", "known good", T0 + HOUR_MS)
    assert decide(one, "b").data.action == "allow"
    assert decide(one, "c", T0 + HOUR_MS).data.action == "block"
    assert decide(one, "d", account="eve").data.action == "allow"


def test_labels_in_force_are_recorded_with_every_decision() -> None:
    one = worker()
    label(one.standing, "account", "ada", "known good", T0 + HOUR_MS)
    assert decide(one, "a").data.facts.labels == {"account": ("known good",)}
    assert decide(one, "b", T0 + HOUR_MS).data.facts.labels == {}


def test_the_same_live_state_gives_the_same_verdicts_whenever_it_was_told() -> None:
    """Order and repetition of what is told do not matter: a worker that starts later decides the same."""
    first, second = worker(), worker()

    def told(one: Worker) -> list[Any]:
        return [
            lambda: add(one.standing, "protect", "entity", "account=ada", T0 + 5),
            lambda: label(one.standing, "account", "eve", "b"),
            lambda: label(one.standing, "account", "eve", "a"),
            lambda: snooze(one.standing, "login-any", "account", "bob", T0 + 5),
        ]

    for change in told(first):
        change()
    for change in reversed([*told(second), *told(second)]):
        change()
    verdicts = [
        [decide(one, f"{name}{late}", T0 + late, account=name) for name in ("ada", "eve", "bob") for late in (0, 5)]
        for one in (first, second)
    ]
    assert verdicts[0] == verdicts[1]
    assert actions(verdicts[0]) == ["allow", "block", "block", "block", "allow", "block"]
