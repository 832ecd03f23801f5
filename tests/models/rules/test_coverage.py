"""What cases have seen of a condition, and when one of them stands on its boundary."""

from __future__ import annotations

import pytest
from support.events import CATALOGUES

from models.rules.compiled import compile_rule
from models.rules.coverage import Coverage, coverage, suggestion
from models.rules.rule import read_rules
from models.rules.vocabulary import vocabulary

LOGIN = CATALOGUES["login"]
WORDS = vocabulary(LOGIN, {"vpn_exits": "ip"})


def covered(when: str, *cases: str) -> Coverage:
    text = (
        f'[[rule]]\nid = "r"\nkind = "login"\nwhen = """{when}"""\naction = "review"\nreason = ""\nowner = "me"\n'
        f"cases = [{', '.join(f'{{ {case} }}' for case in cases)}]\n"
    )
    ((rule, place),) = read_rules({"rules.toml": text})
    return coverage(compile_rule(rule, place, WORDS), LOGIN, WORDS)


def values(fires: bool, **given: object) -> str:
    inside = ", ".join(
        f'"{name.replace("__", ".")}" = {str(one).lower() if isinstance(one, bool) else repr(one)}'
        for name, one in given.items()
    )
    return f"fires = {str(fires).lower()}, values = {{ {inside} }}"


def test_each_comparison_can_come_out_true_and_false() -> None:
    when = "success and (ip.logins_1h >= 5 or 2 <= account.logins_1h < 9)"
    one = covered(when, values(True, success=True, ip__logins_1h=5))
    assert [(seen.text, seen.true, seen.false) for seen in one.seen] == [
        ("success", True, False),
        ("ip.logins_1h >= 5", True, False),
        ("2 <= account.logins_1h", False, True),
        ("account.logins_1h < 9", True, False),
    ]
    assert (one.met, one.percent) == (4, 50.0)
    two = covered(
        when, values(True, success=True, ip__logins_1h=5), values(False, success=False, account__logins_1h=9)
    )
    assert (two.met, two.percent) == (8, 100.0)


def test_without_cases_nothing_was_seen() -> None:
    nothing = covered("ip.logins_1h >= 5")
    assert (nothing.met, nothing.has_firing, nothing.has_boundary) == (0, False, False)
    assert covered("True").percent == 100.0


@pytest.mark.parametrize(
    ("when", "case", "is_boundary"),
    [
        ("ip.logins_1h >= 5", values(False, ip__logins_1h=4), True),
        ("ip.logins_1h >= 5", values(False, ip__logins_1h=3), False),
        ("ip.logins_1h > 5", values(False, ip__logins_1h=5), True),
        ("5 < ip.logins_1h", values(False, ip__logins_1h=5), True),
        ("ip.logins_1h == 5", values(False, ip__logins_1h=6), True),
        ("ip.logins_1h != 5", values(False, ip__logins_1h=5), True),
        ("2 <= ip.logins_1h < 5", values(False, ip__logins_1h=1), True),
        ("account.age_s < 86400", values(False, account__age_s=86400), True),
        ("account.age_s < 86400", values(False, account__age_s=86402), False),
        ("account.age_s < 86400.5", values(False, account__age_s=86400.9), True),
        ("ip.failure_share_24h >= 0.8", values(False, ip__failure_share_24h=0.79), True),
        ("ip.failure_share_24h >= 0.8", values(False, ip__failure_share_24h=0.75), False),
        ("ip.failures_1h * 2 >= 10", values(False, ip__failures_1h=4), False),
        ("ip.failures_1h * 2 >= 9", values(False, ip__failures_1h=4), True),
        ("ip.failures_1h * 2 > ip.logins_1h", values(False, ip__failures_1h=1, ip__logins_1h=9), True),
        ("success", values(False, success=False), True),
        ("country == 'AT'", values(False, country="DE"), True),
        ("country in ['AT']", values(False), True),
        ("asn == 5", values(False), False),
        ("success and ip.logins_1h >= 5", values(False, success=True, ip__logins_1h=4), True),
        ("success and ip.logins_1h >= 5", values(False, success=False, ip__logins_1h=4), False),
        ("success or ip.logins_1h >= 5", values(False, success=False, ip__logins_1h=0), True),
        ("not (success or ip.logins_1h >= 5)", values(False, success=True, ip__logins_1h=4), True),
        ("ip in lists.vpn_exits", values(False, ip="192.0.2.1"), True),
        ("ip.logins_1h >= 5", values(True, ip__logins_1h=5), False),
    ],
)
def test_a_boundary_case_would_fire_if_one_comparison_came_out_otherwise_near_its_limit(
    when: str, case: str, is_boundary: bool
) -> None:
    assert covered(when, case).has_boundary is is_boundary


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("success and ip.logins_1h >= 5", ", for example with ip.logins_1h = 4"),
        ("ip.logins_1h > 5", ", for example with ip.logins_1h = 5"),
        ("account.age_s <= 60", ", for example with account.age_s = 61"),
        ("ip.failure_share_24h >= 0.8", ", for example with ip.failure_share_24h = 0.79"),
        ("success and country == 'AT'", ""),
    ],
)
def test_a_value_on_the_boundary_is_suggested_and_is_one(when: str, words: str) -> None:
    assert suggestion(WORDS.condition(when).tree) == words
    if words:
        name, value = words.rpartition(" with ")[2].split(" = ")
        given = {"success": True, name.replace(".", "__"): float(value)}
        assert covered(when, values(False, **given)).has_boundary
