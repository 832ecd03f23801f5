"""``weir rules snooze``: a rule is silent for one entity until a date, and for nobody else."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from support.control import Control, control_topic
from support.events import event

from streams.cli.rules import rules
from streams.standing import Asked

RULE = "login-brute-force"


@pytest.fixture
def control() -> Iterator[Control]:
    with control_topic() as control:
        yield control


def snoozed(control: Control, account: str, in_days: float = 0) -> tuple[str, ...]:
    at_ms = int((time.time() + in_days * 86_400) * 1000)
    asked = Asked(rules=frozenset({RULE, "login-spraying-from-subnet"}))
    return control.standing().facts(event("login", "1", at_ms), {"account": account}, asked).snoozed


def test_a_rule_is_silent_for_one_entity_until_its_date_or_until_it_is_taken_back(control: Control) -> None:
    assert f"{RULE} is silent for account=ada; until: " in control.ok(
        rules, "snooze", RULE, "account=ada", "--until", "7d", "--author", "eve", "--reason", "load test"
    )
    assert (snoozed(control, "ada"), snoozed(control, "bob")) == ((RULE,), ())
    assert (snoozed(control, "ada", 6.9), snoozed(control, "ada", 7.1)) == ((RULE,), ())
    (told,) = control.json(rules, "snoozes")
    assert (told["rule"], told["entity"], told["value"], told["author"]) == (RULE, "account", "ada", "eve")
    assert (told["reason"], told["expired"]) == ("load test", False)
    assert "account=ada" in control.ok(rules, "snoozes", "--rule", RULE)
    assert control.json(rules, "snoozes", "--rule", "other") == []
    assert "speaks again about account=ada" in control.ok(rules, "unsnooze", RULE, "account=ada")
    assert snoozed(control, "ada") == ()
    again = control.run(rules, "unsnooze", RULE, "account=ada")
    assert (again.exit_code, "was not silent" in again.stdout) == (1, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("login-brute-forse", "account=ada", "--until", "7d"), f"did you mean '{RULE}'?"),
        ((RULE, "ada", "--until", "7d"), "write an entity and its value"),
        ((RULE, "everyone=*", "--until", "7d"), "stands for all events"),
        ((RULE, "account=ada"), "Missing option '--until'"),
        ((RULE, "account=ada", "--until", "2020-01-01"), "--until: 2020-01-01 is past"),
    ],
)
def test_a_mistake_is_named_and_changes_nothing(control: Control, words: tuple[str, ...], said: str) -> None:
    assert said in control.refused(rules, "snooze", *words)
    assert control.now() == {}
