"""Many rules as one function: what fires, what it saw, and that it is what each condition says alone."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any

import pytest
from support.events import CATALOGUES

from models.facts import NO_FACTS, Facts
from models.rules.engine import RuleEngine
from models.rules.generate import alone
from models.rules.rule import read_rules
from models.rules.vocabulary import vocabulary

LOGIN = CATALOGUES["login"]
WORDS = vocabulary(LOGIN, None)


def engine(*conditions: str, reason: str = "it fired", more: str = "") -> RuleEngine:
    texts = [
        f'[[rule]]\nid = "r{number}"\nkind = "login"\nwhen = """{condition}"""\naction = "review"\n'
        f'reason = "{reason}"\nowner = "me"\ncases = []\n{more}\n'
        for number, condition in enumerate(conditions)
    ]
    return RuleEngine(LOGIN, read_rules({"rules.toml": "".join(texts)}))


def data(**values: Any) -> Any:
    return SimpleNamespace(**{**dict.fromkeys(LOGIN.fields), **values})


def vector(**values: float) -> list[float]:
    return [values.get(name.replace(".", "_"), 0.0) for name in LOGIN.names]


def fired(made: RuleEngine, *, score: float | None = None, facts: Facts = NO_FACTS, **values: Any) -> tuple[int, ...]:
    numbers = {name: value for name, value in values.items() if name.replace("_", ".", 1) in LOGIN.names}
    fields = {name: value for name, value in values.items() if name in LOGIN.fields}
    entities = values.get("entities", {"account": "ada"})
    return made.fired(data(**fields), vector(**numbers), score, facts, entities)


def test_what_fires_is_given_in_the_order_of_the_rules() -> None:
    made = engine("ip.logins_1h > 5", "success", "not success")
    assert fired(made, success=True, ip_logins_1h=6) == (0, 1)
    assert fired(made, success=False, ip_logins_1h=5) == (2,)


def test_no_rules_fire_nothing() -> None:
    assert fired(RuleEngine(LOGIN, [])) == ()


def test_a_rule_that_is_off_is_not_evaluated_and_a_shadow_rule_says_that_it_is_one() -> None:
    assert engine("success", more='mode = "off"').rules == ()
    made = engine("success", more='mode = "shadow"')
    assert fired(made, success=True) == (0,)
    assert made.reason(0, data(success=True), vector(), None, NO_FACTS).mode == "shadow"
    assert engine("success").reason(0, data(success=True), vector(), None, NO_FACTS).mode == "live"


def test_a_reason_has_the_values_that_the_rule_saw_and_the_limits_in_its_condition() -> None:
    made = engine(
        "ip.logins_1h > 5 and country in ['AT', 'DE'] and score >= 0.5 and not missing(asn)",
        reason="{ip.logins_1h} from {country} {asn} at {score}: {ip.logins_1h}",
    )
    reason = made.reason(0, data(country="AT", asn=1853), vector(ip_logins_1h=6.0), 2 / 3, NO_FACTS)
    assert reason.text == "6 from AT 1853 at 0.6667: 6"
    assert reason.observed == {"ip.logins_1h": 6.0, "country": "AT", "score": 2 / 3, "asn": 1853}
    assert reason.limit == {"ip.logins_1h": 5, "country": ["AT", "DE"], "score": 0.5}
    assert (reason.rule, reason.action) == ("r0", "review")


@pytest.mark.parametrize(
    ("value", "shown"),
    [(86399.51, "86400"), (123456.0, "123456"), (0.12345, "0.1235"), (2.5, "2.5"), (-1e6, "-1000000")],
)
def test_a_number_is_shown_as_people_write_it(value: float, shown: str) -> None:
    made = engine("account.age_s != 1", reason="100% at {account.age_s}")
    assert made.reason(0, data(), vector(account_age_s=value), None, NO_FACTS).text == f"100% at {shown}"


def test_a_value_with_braces_is_not_read_as_a_name() -> None:
    made = engine("country == '{asn}'", reason="from {country}")
    assert made.reason(0, data(country="{asn}", asn=7), vector(), None, NO_FACTS).text == "from {asn}"


def test_a_reason_tells_which_list_and_which_labels() -> None:
    made = engine(
        "(ip in lists.vpn_exits and subnet not in lists.ours and 'compromised' in labels.account)",
        reason="{ip} of {subnet}, {labels.account}",
    )
    facts = Facts(lists={"vpn_exits": ("ip",)}, labels={"account": ("compromised", "old")})
    entities = {"ip": "192.0.2.1", "subnet": "192.0.2.0/24", "account": "ada"}
    assert fired(made, ip="192.0.2.1", facts=facts, entities=entities) == (0,)
    assert fired(made, ip="192.0.2.1", entities=entities) == ()
    reason = made.reason(0, data(ip="192.0.2.1"), vector(), None, facts, entities)
    assert reason.text == "192.0.2.1 of 192.0.2.0/24, compromised, old"
    assert reason.limit == {"ip": "lists.vpn_exits", "subnet": "lists.ours", "labels.account": "compromised"}
    assert made.memberships == {("ip", "vpn_exits"), ("subnet", "ours")}
    assert made.labels == {"account"}


def test_a_score_that_does_not_count_fires_nothing() -> None:
    made = engine("score >= 0", "missing(score)")
    assert fired(made) == (1,)
    assert fired(made, score=0.0) == (0,)


def test_rules_that_read_the_store_are_told_apart() -> None:
    made = engine("ip.logins_1h > 5", "success", "success and account.new_device == 1", "program == 1", "score > 0.5")
    assert made.stateful == {0, 2}


def test_hundreds_of_rules_fire_as_each_would_alone() -> None:
    rules = [f"ip.logins_1h > {limit}" for limit in range(300)] + [f"ip.logins_1h <= {limit}" for limit in range(100)]
    assert fired(engine(*rules), ip_logins_1h=42) == (*range(42), *range(342, 400))


IN = ("in", "not in")
NUMBERS = ["ip.logins_1h", "ip.accounts_1h", "account.age_s", "account.failures_1h", "asn", "score", "latitude"]
TEXTS = ["country", "method", "account", "failure_reason"]


def random_condition(chance: random.Random) -> str:
    """A rule as somebody might write it: a few comparisons, most of them joined by 'and'."""

    def part() -> str:
        return chance.choice(
            [
                f"{chance.choice(NUMBERS)} {chance.choice(['>', '>=', '<', '<=', '==', '!='])} {chance.randrange(6)}",
                f"{chance.randrange(6)} {chance.choice(['>', '>=', '<', '<='])} {chance.choice(NUMBERS)}",
                f"{chance.randrange(3)} < {chance.choice(NUMBERS)} <= {chance.randrange(3, 6)}",
                f"{chance.choice(TEXTS)} == '{chance.choice('abc')}'",
                f"{chance.choice(TEXTS)} {chance.choice(['in', 'not in'])} ['a', 'c']",
                f"asn {chance.choice(['in', 'not in'])} [1, 2, 3]",
                f"{chance.choice(['', 'not '])}success",
                f"{chance.choice(['', 'not '])}missing({chance.choice(['country', 'asn', 'score'])})",
                f"ip.logins_1h * 2 >= ip.accounts_1h + {chance.randrange(6)}",
                f"starts_with({chance.choice(TEXTS)}, '{chance.choice('ab')}')",
                f"{chance.choice(['ip', 'subnet', 'asn'])} {chance.choice(IN)} lists.l{chance.randrange(2)}",
                f"'{chance.choice('ab')}' {chance.choice(IN)} labels.{chance.choice(['account', 'ip'])}",
            ]
        )  # fmt: skip

    parts = [part() for _ in range(chance.randrange(1, 5))]
    if chance.random() < 0.3:
        parts.append(f"({part()} or {part()})")
    if chance.random() < 0.1:
        parts.append(f"not ({part()} and {part()})")
    return chance.choice([" and ", " and ", " and ", " or "]).join(parts)


def random_event(chance: random.Random) -> tuple[Any, list[float], float | None, Facts, dict[str, str]]:
    def maybe(value: Any) -> Any:
        return value if chance.random() < 0.7 else None

    fields = data(
        account=chance.choice("abc"),
        success=chance.random() < 0.5,
        ip=maybe("192.0.2.1"),
        country=maybe(chance.choice("abc")),
        method=maybe(chance.choice("abc")),
        failure_reason=maybe(chance.choice("abc")),
        asn=maybe(chance.randrange(6)),
        latitude=maybe(chance.uniform(0, 6)),
    )
    numbers = [chance.choice([0, chance.randrange(7), float(chance.randrange(7))]) for _ in LOGIN.names]
    entities = {name: "x" for name in ("account", "ip", "subnet", "asn") if chance.random() < 0.7}
    lists = {f"l{n}": tuple(name for name in ("ip", "subnet", "asn") if chance.random() < 0.3) for n in range(2)}
    labels = {name: tuple(chance.sample("abc", 2)) for name in entities if chance.random() < 0.3}
    facts = NO_FACTS if chance.random() < 0.5 else Facts(lists=lists, labels=labels)
    return fields, numbers, maybe(chance.random() * 3), facts, entities


@pytest.mark.parametrize("seed", range(4))
def test_what_fires_is_what_each_condition_says_alone(seed: int) -> None:
    chance = random.Random(seed)
    conditions = [random_condition(chance) for _ in range(250)]
    made = engine(*conditions)
    each = alone([WORDS.condition(condition).tree for condition in conditions])
    seen: set[int] = set()
    for _ in range(300):
        event = random_event(chance)
        expected = tuple(position for position, holds in enumerate(each(*event)) if holds)
        assert made.fired(*event) == expected
        seen |= set(expected)
    assert len(seen) > 200
