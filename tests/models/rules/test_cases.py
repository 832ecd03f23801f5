"""A rule's own cases: field and feature values, or whole events, with lists and labels."""

from __future__ import annotations

import pytest
from support.events import CATALOGUES

from models.errors import RuleError
from models.rules.cases import situation
from models.rules.compiled import compile_rule
from models.rules.engine import RuleEngine
from models.rules.rule import read_rules
from models.rules.vocabulary import vocabulary

LOGIN = CATALOGUES["login"]
DEFAULTS = {info.name: info.default for info in LOGIN.infos}


def written(when: str, *cases: str) -> str:
    return (
        f'[[rule]]\nid = "r"\nkind = "login"\nwhen = """{when}"""\naction = "review"\nreason = ""\nowner = "me"\n'
        f"cases = [{', '.join(f'{{ {case} }}' for case in cases)}]\n"
    )


def engine(when: str, *cases: str) -> RuleEngine:
    return RuleEngine(LOGIN, read_rules({"rules.toml": written(when, *cases)}))


EVENT = 'event = { account = "ada", success = true, ip = "192.0.2.1", user_agent = "curl/8.0", country = "AT" }'


@pytest.mark.parametrize(
    ("when", "case"),
    [
        ("ip.logins_1h >= 5", 'fires = true, values = { "ip.logins_1h" = 5 }'),
        ("ip.logins_1h == 0", "fires = true"),
        ("account.idle_s == 0", "fires = true"),
        ("score >= 0.5", "fires = true, values = { score = 0.5 }"),
        ("score >= 0.5", "fires = false"),
        ("missing(country)", "fires = true"),
        ("country == 'AT' and success", f"fires = true, {EVENT}"),
        ("program == 1", f"fires = true, {EVENT}"),
        ("agent_missing == 1", 'fires = true, event = { account = "ada", success = true }'),
        ("account.idle_s == 2592000", f"fires = true, {EVENT}"),
        ("ip.logins_1h >= 5 and program == 1", f'fires = true, {EVENT}, values = {{ "ip.logins_1h" = 5 }}'),
        ("hour_of_week == 60", f"fires = true, {EVENT}"),
        ("hour_of_week == 0", f"fires = true, {EVENT}, time = 2026-01-05T00:30:00Z"),
        ("missing(device)", 'fires = true, event = { account = "ada", success = true, device = "" }'),
        ("ip in lists.l", 'fires = true, values = { ip = "192.0.2.1" }, lists = { l = ["ip"] }'),
        ("ip not in lists.l", 'fires = true, values = { ip = "192.0.2.1" }'),
        ("ip not in lists.l", "fires = false"),
        ("subnet not in lists.l", f"fires = true, {EVENT}"),
        ("subnet not in lists.l", 'fires = true, values = { subnet = "192.0.2.0/24" }'),
        ("subnet not in lists.l", 'fires = false, event = { account = "ada", success = true }'),
        ("'bad' in labels.account", 'fires = true, labels = { account = ["bad", "old"] }'),
        ("'bad' not in labels.account", 'fires = true, labels = { account = ["old"] }'),
        ("'bad' not in labels.account", "fires = true"),
        ("'bad' not in labels.device", "fires = false"),
        ("length(account) == 3", 'fires = true, values = { account = "ada" }'),
    ],
)
def test_a_case_describes_a_situation(when: str, case: str) -> None:
    assert len(engine(when, case).rules) == 1
    opposite = case.replace("fires = true", "fires = X").replace("fires = false", "fires = true")
    with pytest.raises(RuleError, match="and the condition says otherwise"):
        engine(when, opposite.replace("fires = X", "fires = false"))


def test_an_events_features_are_those_of_a_first_seen_actor() -> None:
    words = vocabulary(LOGIN, None)
    ((rule, place),) = read_rules({"rules.toml": written("success", f"fires = true, {EVENT}")})
    compiled = compile_rule(rule, place, words)
    (case,) = rule.cases
    where = situation(case, compiled.condition, LOGIN, words)
    stored = [info.name for info in LOGIN.infos if info.aggregation != "derived"]
    assert {name: dict(zip(LOGIN.names, where.vector, strict=True))[name] for name in stored} == {
        name: DEFAULTS[name] for name in stored
    }
    assert where.entities["subnet"] == "192.0.2.0/24"
    assert "everyone" not in where.entities


@pytest.mark.parametrize(
    ("case", "complaint"),
    [
        ("fires = true, values = { zork = 1 }", "gives a value to 'zork', which is no field and no feature"),
        ("fires = true, values = { success = 1 }", "gives 'success' a value that is no truth value"),
        ("fires = true, values = { 'ip.logins_1h' = true }", "gives 'ip.logins_1h' a value that is no number"),
        ("fires = true, values = { country = 5 }", "gives 'country' a value that is no string"),
        ("fires = true, values = { subnet = 5 }", "gives 'subnet' a value that is no string"),
        ("fires = true, lists = { l = ['ip'] }", "speaks of the list 'l', for which the condition does not ask"),
        ("fires = true, labels = { ip = ['x'] }", "speaks of labels of 'ip', for which the condition does not ask"),
        (f"fires = true, {EVENT}, values = {{ country = 'AT' }}", "gives a value to 'country' beside its event"),
        ("fires = true, event = { success = true }", "has an event that is none of this kind: .*`account`"),
        ("fires = true, event = { account = 'a', success = true, ip = 'x' }", "has an event .* not an IP address"),
        ("fires = true, event = { account = 'a', success = true, x = 1 }", "unknown field 'x'"),
        ("fires = true, values = { 'ip.logins_1h' = 9007199254740992 }", "a whole number that is not below 2"),
        (f"fires = true, {EVENT}, time = 9999-12-31T23:59:59-01:00", "in no year from 1 to 9999"),
    ],
)
def test_a_case_that_describes_nothing_is_refused(case: str, complaint: str) -> None:
    with pytest.raises(RuleError, match=complaint):
        engine("success", case)


def test_a_required_field_that_the_condition_reads_has_to_be_given() -> None:
    with pytest.raises(RuleError, match="case 1 gives no value to a required field that the condition reads"):
        engine("length(account) > 1", "fires = false")
