"""What a process knows of what people set, asked about one event at that event's time."""

from __future__ import annotations

import time
from typing import Any

from support.events import T0, event
from support.standing import add, freeze, label, reset, snooze

from models.facts import NO_FACTS, Facts
from models.lists import Entry, list_of
from streams.standing import NOTHING_ASKED, Asked, Standing

ENTITIES = {"account": "ada", "ip": "192.0.2.7", "subnet": "192.0.2.0/24", "asn": "64500"}


def facts(standing: Standing, asked: Asked = NOTHING_ASKED, time_ms: int = T0, **data: Any) -> Facts:
    return standing.facts(event("login", "1", time_ms, **data), ENTITIES, asked)


def asks(*pairs: tuple[str, str], **lists: Any) -> Asked:
    return Asked(frozenset(pairs), lists, frozenset({"login.guess", "login.leak"}))


def test_without_anything_set_there_are_no_facts_and_asking_is_cheap() -> None:
    standing, one = Standing(), event("login", "1")
    assert standing.facts(one, ENTITIES, NOTHING_ASKED) is NO_FACTS
    best_s = 1.0
    for _ in range(5):
        start_s = time.perf_counter()
        for _ in range(2000):
            standing.facts(one, ENTITIES, NOTHING_ASKED)
        best_s = min(best_s, (time.perf_counter() - start_s) / 2000)
    assert best_s < 10e-6


def test_only_lists_that_the_rules_ask_for_are_facts() -> None:
    standing = Standing()
    add(standing, "vpn_exits", "ip", "192.0.2.0/24")
    add(standing, "other", "ip", "192.0.2.0/24")
    add(standing, "bad_accounts", "account", "eve")
    asked = asks(("ip", "vpn_exits"), ("account", "bad_accounts"), ("ip", "unknown"))
    assert facts(standing, asked, ip="192.0.2.7") == Facts(lists={"vpn_exits": ("ip",)})
    assert facts(standing) is NO_FACTS or facts(standing) == NO_FACTS


def test_a_name_stands_in_a_list_by_its_entity_or_by_its_field_and_without_either_in_none() -> None:
    standing = Standing()
    add(standing, "bad_asns", "asn", "AS64500")
    asked = asks(("asn", "bad_asns"))
    assert facts(standing, asked).lists == {"bad_asns": ("asn",)}
    without = {"account": "ada"}
    assert standing.facts(event("login", "1", asn=64500), without, asked).lists == {"bad_asns": ("asn",)}
    assert standing.facts(event("login", "1", asn=64501), without, asked).lists == {}
    assert standing.facts(event("login", "1"), without, asked).lists == {}


def test_the_lists_of_the_rulebook_and_those_set_live_are_one() -> None:
    standing = Standing()
    own = list_of("ip", [Entry("198.51.100.1"), Entry("192.0.2.7", expires_ms=T0)])
    asked = asks(("ip", "vpn_exits"), ("account", "vpn_exits"), vpn_exits=own)
    assert facts(standing, asked).lists == {}
    assert facts(standing, asked, T0 - 1).lists == {"vpn_exits": ("ip",)}
    add(standing, "vpn_exits", "ip", "192.0.2.7")
    assert facts(standing, asked).lists == {"vpn_exits": ("ip",)}
    elsewhere = {"ip": "198.51.100.1"}
    assert standing.facts(event("login", "1"), elsewhere, asked).lists == {"vpn_exits": ("ip",)}


def test_expiry_is_a_matter_of_the_events_time() -> None:
    standing = Standing()
    add(standing, "vpn_exits", "ip", "192.0.2.7", T0)
    add(standing, "protect", "entity", "account=ada", T0)
    label(standing, "account", "ada", "known good", T0)
    snooze(standing, "login.guess", "account", "ada", T0)
    asked = asks(("ip", "vpn_exits"))
    before = facts(standing, asked, T0 - 1)
    assert before == Facts(
        lists={"vpn_exits": ("ip",)},
        labels={"account": ("known good",)},
        protect=("account",),
        snoozed=("login.guess",),
    )
    assert facts(standing, asked, T0) == NO_FACTS
    assert facts(standing, asked, T0 - 1) == before


def test_protect_names_the_entities_also_by_a_network_from_file_and_live() -> None:
    standing = Standing()
    own = list_of("entity", [Entry("account=ada")])
    assert facts(standing, Asked(lists={"protect": own})).protect == ("account",)
    entry = add(standing, "protect", "entity", "ip=192.0.0.0/16")
    assert facts(standing, Asked(lists={"protect": own})).protect == ("account", "ip")
    assert facts(standing).protect == ("ip",)
    assert facts(standing, asks(("ip", "protect"), ("account", "protect"))).lists == {"protect": ("ip",)}
    standing.on_control(entry.key, None)
    assert facts(standing) == NO_FACTS


def test_labels_are_sorted_and_automatic_ones_are_silent_beside_a_manual_one_in_force() -> None:
    standing = Standing()
    label(standing, "account", "ada", "proxy", automatic=True)
    label(standing, "ip", "192.0.2.7", "proxy", automatic=True)
    assert facts(standing).labels == {"account": ("proxy",), "ip": ("proxy",)}
    label(standing, "account", "ada", "known good", T0 + 1)
    by_hand = label(standing, "account", "ada", "employee", T0 + 2)
    assert facts(standing).labels == {"account": ("employee", "known good"), "ip": ("proxy",)}
    assert facts(standing, time_ms=T0 + 1).labels["account"] == ("employee",)
    assert facts(standing, time_ms=T0 + 2).labels["account"] == ("proxy",)
    standing.on_control(by_hand.key, None)
    assert facts(standing).labels["account"] == ("known good",)
    assert standing.facts(event("login", "1"), {"account": "eve"}, NOTHING_ASKED) == NO_FACTS


def test_a_word_set_by_hand_and_automatically_is_two_labels_of_which_one_can_go() -> None:
    standing = Standing()
    by_hand = label(standing, "account", "ada", "compromised")
    label(standing, "account", "ada", "compromised", automatic=True)
    standing.on_control(by_hand.key, None)
    assert facts(standing).labels == {"account": ("compromised",)}


def test_snoozes_are_facts_where_the_rules_are_the_bundles() -> None:
    standing = Standing()
    for rule in ("login.leak", "login.guess", "mail.bulk"):
        snooze(standing, rule, "account", "ada", T0 + 1)
    one = snooze(standing, "login.guess", "ip", "192.0.2.7", T0 + 5)
    assert facts(standing, asks()).snoozed == ("login.guess", "login.leak")
    assert facts(standing, asks(), T0 + 1).snoozed == ("login.guess",)
    standing.on_control(one.key, None)
    assert facts(standing, asks(), T0 + 1) == NO_FACTS


def test_a_freeze_holds_for_its_kind_until_it_is_lifted() -> None:
    standing = Standing()
    freeze(standing, "login", "review")
    assert facts(standing).freeze == "review"
    freeze(standing, "login", "allow")
    freeze(standing, "mail", "review")
    assert facts(standing).freeze == "allow"
    freeze(standing, "login", None)
    assert facts(standing) == NO_FACTS


def test_a_budget_stays_tripped_until_a_reset_that_is_newer_than_the_trip() -> None:
    standing = Standing()
    assert standing.reset_ms("login", "overall") == 0
    standing.on_control(*standing.trip_record("login", "overall", T0))
    standing.on_control(*standing.trip_record("login", "login.guess", T0))
    assert standing.tripped("login") == facts(standing).tripped == ("login.guess", "overall")
    assert standing.tripped("mail") == ()
    late = standing.trip_record("login", "overall", T0 + 1)
    reset(standing, "login", "overall", 7)
    assert standing.reset_ms("login", "overall") == 7
    assert standing.tripped("login") == ("login.guess",)
    standing.on_control(*late)
    assert standing.tripped("login") == ("login.guess",)
    standing.on_control(*standing.trip_record("login", "overall", T0 + 2))
    standing.on_control(*late)
    assert standing.tripped("login") == ("login.guess", "overall")


def test_a_reader_that_meets_a_trip_before_the_reset_that_it_came_after_knows_the_same() -> None:
    first, second = Standing(), Standing()
    reset(first, "login", "overall", 7)
    trip = first.trip_record("login", "overall", T0)
    second.on_control(*trip)
    reset(second, "login", "overall", 7)
    assert second.tripped("login") == ("overall",)
