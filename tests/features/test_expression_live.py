"""What a condition of a rule can ask of live state: lists and labels, and what is so of a missing value."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from features.errors import ExpressionError
from features.expression import NUMBER, STRING, STRINGS, Live, Name, compile_condition
from features.expression.functions import FUNCTIONS

NAMES = {
    "ip": Name(STRING, True, "d.ip"),
    "account": Name(STRING, False, "d.account"),
    "asn": Name(NUMBER, True, "d.asn"),
    "domains": Name(STRINGS, True, "d.domains"),
    "ip.logins_1h": Name(NUMBER, False, "v[0]"),
}
LIVE = Live(
    fields=("ip", "account", "asn", "domains"),
    entities=("ip", "account", "subnet"),
    lists={"vpn_exits": "ip", "bad_asns": "asn", "bad_domains": "domain"},
)


def holds(
    text: str,
    data: dict[str, Any] | None = None,
    lists: dict[str, tuple[str, ...]] | None = None,
    labels: dict[str, tuple[str, ...]] | None = None,
    entities: dict[str, str] | None = None,
) -> bool:
    fields = {"ip": None, "account": "ada", "asn": None, "domains": None, **(data or {})}
    space = {name: function.implementation for name, function in FUNCTIONS.items()}
    variables = {
        "d": SimpleNamespace(**fields),
        "v": [7.0],
        "f": SimpleNamespace(lists=lists or {}, labels=labels or {}),
        "e": entities or {},
    }
    result = eval(compile_condition(text, NAMES, LIVE).code, {"__builtins__": {}, **space}, variables)
    assert isinstance(result, bool)
    return result


IP = {"ip": "192.0.2.1"}


def test_a_value_is_in_a_list_if_the_facts_say_so() -> None:
    assert holds("ip in lists.vpn_exits", IP, {"vpn_exits": ("ip",)})
    assert not holds("ip in lists.vpn_exits", IP, {"vpn_exits": ("account",), "bad_domains": ("ip",)})
    assert not holds("ip in lists.vpn_exits", IP)


def test_a_value_is_not_in_a_list_only_if_there_is_one() -> None:
    assert holds("ip not in lists.vpn_exits", IP)
    assert not holds("ip not in lists.vpn_exits", IP, {"vpn_exits": ("ip",)})
    assert not holds("ip not in lists.vpn_exits")
    assert holds("not ip in lists.vpn_exits")
    assert holds("asn not in lists.bad_asns", {"asn": 0})
    assert holds("domains not in lists.bad_domains", {"domains": []})
    assert holds("account not in lists.bad_domains")


def test_an_entity_that_is_no_field_is_missing_where_the_event_has_none() -> None:
    assert holds("subnet in lists.vpn_exits", lists={"vpn_exits": ("subnet",)}, entities={"subnet": "192.0.2.0/24"})
    assert holds("subnet not in lists.vpn_exits", entities={"subnet": "192.0.2.0/24"})
    assert not holds("subnet not in lists.vpn_exits")


def test_a_label_is_one_of_its_entity() -> None:
    labels, entities = {"account": ("known good", "compromised")}, {"account": "ada"}
    assert holds("'compromised' in labels.account", labels=labels, entities=entities)
    assert not holds("'good' in labels.account", labels=labels, entities=entities)
    assert not holds("'compromised' not in labels.account", labels=labels, entities=entities)
    assert holds("'good' not in labels.account", labels=labels, entities=entities)
    assert not holds("'good' not in labels.subnet", labels=labels, entities=entities)


def test_a_question_inside_a_comparison_is_false_of_a_missing_value() -> None:
    assert holds("(ip in lists.vpn_exits) == (account == 'x')", IP)
    assert not holds("(ip in lists.vpn_exits) == (account == 'x')")
    assert not holds("(subnet in lists.vpn_exits) == False")
    assert not holds("('x' in labels.subnet) == False")


def test_a_condition_says_which_lists_and_labels_it_asks_for() -> None:
    text = (
        "ip in lists.vpn_exits and (not subnet in lists.vpn_exits or 'x' not in labels.account) and ip.logins_1h > 5"
    )
    condition = compile_condition(text, NAMES, LIVE)
    assert condition.memberships == {("ip", "vpn_exits"), ("subnet", "vpn_exits")}
    assert condition.labels == {"account"}
    assert condition.reads == ("ip", "subnet", "labels.account", "ip.logins_1h")


def test_where_lists_are_not_known_any_name_will_do() -> None:
    live = Live(LIVE.fields, LIVE.entities, None)
    assert compile_condition("ip in lists.zork", NAMES, live).memberships == {("ip", "zork")}


def test_the_list_of_what_is_protected_is_always_there() -> None:
    assert compile_condition("account in lists.protect", NAMES, LIVE).memberships == {("account", "protect")}


def test_a_name_of_a_field_and_an_entity_is_there_if_either_is() -> None:
    assert holds("ip not in lists.vpn_exits", entities={"ip": "192.0.2.1"})


@pytest.mark.parametrize("text", ["ip in lists.vpn_exits", "'x' in labels.account"])
def test_the_condition_of_a_feature_cannot_ask_for_live_state(text: str) -> None:
    with pytest.raises(ExpressionError, match="lists and labels can be asked for in rules only"):
        compile_condition(text, NAMES)
