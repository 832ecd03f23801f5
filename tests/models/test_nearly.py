"""What almost fired: one comparison stood in the way."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.events import CATALOGUES, T0, event

from features.expression.code import truth_code
from models.facts import Facts
from models.judge import Question
from models.rules.generate import computed
from models.rules.nearly import Nearly, nearly
from models.rules.rule import Rule
from models.rules.vocabulary import vocabulary

LOGIN = CATALOGUES["login"]
WORDS = vocabulary(LOGIN, None)


def question(
    values: dict[str, float] | None = None, facts: Facts | None = None, score: float | None = None, **data: Any
) -> Question:
    one = event("login", "e", T0, **data)
    vector = [(values or {}).get(name, 0) for name in LOGIN.names]
    return Question(
        time_ms=T0,
        data=one.data,
        entities={"account": "ada"},
        vector=vector,
        score=score,
        facts=facts or Facts(),
        degraded=(),
    )


def rule(when: str, name: str = "r") -> Rule:
    return Rule(id=name, kind="login", when=when, action="block", reason="", owner="", cases=())


def one(when: str, asked: Question) -> Nearly | None:
    found = nearly([rule(when)], WORDS, asked)
    return found[0] if found else None


def test_the_one_false_comparison_of_a_conjunction_is_told_with_its_value_and_limit() -> None:
    asked = question({"account.failures_1h": 8, "ip.accounts_1h": 30}, success=False)
    found = one("not success and ip.accounts_1h >= 20 and account.failures_1h >= 10", asked)
    assert found == Nearly(
        rule("not success and ip.accounts_1h >= 20 and account.failures_1h >= 10"),
        "account.failures_1h >= 10",
        True,
        {"account.failures_1h": 8},
        10,
        pytest.approx(0.2),
    )


@pytest.mark.parametrize(
    ("when", "part"),
    [
        ("account.failures_1h >= 10", "account.failures_1h >= 10"),
        ("10 <= account.failures_1h", "10 <= account.failures_1h"),
        ("account.failures_1h > 2 * account.logins_1h", "account.failures_1h > 2 * account.logins_1h"),
        ("account.failures_1h >= 10 and account.logins_1h >= 10", None),
        (
            "account.failures_1h >= 10 and (account.logins_1h >= 5 or account.ips_1h >= 9)",
            "account.failures_1h >= 10",
        ),
        ("account.logins_1h >= 5 and (account.failures_1h >= 100 or account.ips_1h >= 4)", "account.ips_1h >= 4"),
        ("not (account.logins_1h >= 5 and success)", "account.logins_1h >= 5"),
        ("not (account.logins_1h >= 5 or account.failures_1h >= 5)", None),
        ("not (account.logins_1h >= 5 or account.failures_1h >= 50)", "account.logins_1h >= 5"),
        ("3 < account.ips_1h < 5", "3 < account.ips_1h"),
        ("country == 'AT' and account.logins_1h >= 5", "country == 'AT'"),
        ("country in ['AT', 'DE'] and account.logins_1h >= 5", "country in ['AT', 'DE']"),
        ("account in lists.bad and account.logins_1h >= 5", "account in lists.bad"),
        ("'compromised' in labels.account and account.logins_1h >= 5", "'compromised' in labels.account"),
        ("missing(asn) and account.logins_1h >= 5", "missing(asn)"),
        ("score > 0.9", "score > 0.9"),
    ],
)
def test_a_part_stands_in_the_way_only_if_it_does_so_alone(when: str, part: str | None) -> None:
    asked = question({"account.failures_1h": 8, "account.logins_1h": 5, "account.ips_1h": 3}, asn=7, score=0.5)
    found = one(when, asked)
    assert (found and found.part) == part


def test_the_nearest_comes_first_and_what_cannot_be_measured_last() -> None:
    asked = question({"account.failures_1h": 9, "account.logins_1h": 5})
    rules = [
        rule("country == 'ZZ' and account.logins_1h >= 5", "unmeasured"),
        rule("country == 'ZZ'", "every-event"),
        rule("account.logins_1h >= 10", "half"),
        rule("account.failures_1h >= 10", "near"),
        rule("account.failures_1h >= 9", "fired"),
    ]
    found = nearly(rules, WORDS, asked)
    assert [(near.rule.id, near.distance) for near in found] == [
        ("near", pytest.approx(0.1)),
        ("half", 0.5),
        ("unmeasured", None),
    ]
    assert found[2].observed == {"country": None}


def test_a_boundary_that_was_just_met_is_no_distance_at_all() -> None:
    found = one("account.failures_1h > 5", question({"account.failures_1h": 5}))
    assert found is not None
    assert found.distance == 0
    nothing = one("account.failures_1h > 0", question())
    assert nothing is not None
    assert nothing.distance == 1


def test_what_had_to_be_false_says_so() -> None:
    found = one(
        "account.logins_1h >= 3 and not account.failures_1h >= 5",
        question({"account.failures_1h": 6, "account.logins_1h": 3}),
    )
    assert found is not None
    assert (found.part, found.should, found.limit) == ("account.failures_1h >= 5", False, 5)


number = st.sampled_from(("account.failures_1h", "account.logins_1h", "account.ips_1h"))
atom = st.builds("{} {} {}".format, number, st.sampled_from(("<", ">=", "==")), st.integers(0, 4))


def both(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.builds("({} {} {})".format, inner, st.sampled_from(("and", "or")), inner)
    return pair | st.builds("(not {})".format, inner)


@settings(deadline=None, max_examples=150)
@given(st.recursive(atom, both, max_leaves=5), st.lists(st.integers(0, 4), min_size=3, max_size=3))
def test_if_that_part_came_out_otherwise_the_rule_would_fire(when: str, values: list[int]) -> None:
    names = ("account.failures_1h", "account.logins_1h", "account.ips_1h")
    asked = question(dict(zip(names, values, strict=True)))
    on = (asked.data, asked.vector, asked.score, asked.facts, asked.entities)
    tree = WORDS.condition(when).tree
    code = truth_code(tree)
    (fires,) = computed([code])(*on)
    found = one(when, asked)
    if fires:
        assert found is None
    elif found is not None:
        part = truth_code(WORDS.condition(found.part).tree)
        assert code.count(part) > 1 or computed([code.replace(part, str(found.should))])(*on) == (True,)
