"""Every shipped rule is tried on its own cases, and every kind has rules worth the name."""

from __future__ import annotations

from typing import Any

import pytest
from support.events import KINDS

from features.catalogue import Catalogue
from models.bundle import load_bundle
from models.rules.engine import RuleEngine
from models.rules.rule import Case, Rule

CATALOGUES = {name: Catalogue(kind) for name, kind in KINDS.items()}
ENGINES: dict[str, RuleEngine] = {name: load_bundle(c).engine for name, c in CATALOGUES.items()}
RULES = [(kind, rule) for kind, engine in ENGINES.items() for rule in engine.rules]


class _Data:
    """Field values of a case; whatever it does not name is absent."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def __getattr__(self, name: str) -> Any:
        return self._values.get(name)


def fires(kind: str, rule: Rule, case: Case) -> bool:
    engine, names = ENGINES[kind], CATALOGUES[kind].names
    unknown = set(case.values) - set(engine.names)
    assert not unknown, f"case {case.name!r} gives values to unknown names {unknown}"
    vector = [case.values.get(name, 0) for name in names]
    return engine.rules.index(rule) in engine.fired(_Data(case.values), vector, case.values.get("score"))


@pytest.mark.parametrize(("kind", "rule"), RULES, ids=[rule.id for _, rule in RULES])
def test_a_shipped_rule_decides_its_own_cases_as_written(kind: str, rule: Rule) -> None:
    for case in rule.cases:
        assert fires(kind, rule, case) is case.fires, case.name


@pytest.mark.parametrize(("kind", "rule"), RULES, ids=[rule.id for _, rule in RULES])
def test_a_shipped_rule_has_a_case_in_which_it_fires_and_one_in_which_it_does_not(kind: str, rule: Rule) -> None:
    assert {case.fires for case in rule.cases} == {True, False}
    assert rule.source


def test_every_kind_ships_five_rules_or_more() -> None:
    assert {kind for kind, engine in ENGINES.items() if len(engine.rules) < 5} == set()
