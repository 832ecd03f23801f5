"""Every kind has rules worth the name; loading them tries each on its own cases."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from support.events import CATALOGUES
from support.mutants import mutants

import models
from models.bundle import load_bundle
from models.errors import RuleError
from models.rules.engine import RuleEngine
from models.rules.place import RuleFile
from models.rules.rule import Rule

ENGINES: dict[str, RuleEngine] = {name: load_bundle(c).engine for name, c in CATALOGUES.items()}
# A case is decided otherwise, or tells of a list that is asked for no more.
OBJECTIONS = ("says fires = ", "for which the condition does not ask")
RULES = [(kind, rule) for kind, engine in ENGINES.items() for rule in engine.rules]


@pytest.mark.parametrize(("kind", "rule"), RULES, ids=[rule.id for _, rule in RULES])
def test_a_shipped_rule_has_a_case_in_which_it_fires_and_one_in_which_it_does_not(kind: str, rule: Rule) -> None:
    assert {case.fires for case in rule.cases} == {True, False}


@pytest.mark.parametrize(("kind", "rule"), RULES, ids=[rule.id for _, rule in RULES])
def test_no_limit_of_a_shipped_rule_moves_by_a_step_without_a_case_that_objects(kind: str, rule: Rule) -> None:
    said = {slip: _objection(kind, rule, slip) for slip in mutants(rule.when)}
    assert [slip for slip, words in said.items() if not any(objection in words for objection in OBJECTIONS)] == []


def _objection(kind: str, rule: Rule, condition: str) -> str:
    changed = msgspec.structs.replace(rule, when=condition, reason="")
    try:
        RuleEngine(CATALOGUES[kind], [(changed, RuleFile(rule.id, 1, 1))])
    except RuleError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(("kind", "rule"), RULES, ids=[rule.id for _, rule in RULES])
def test_a_shipped_rule_says_where_it_comes_from_and_what_it_is_against(kind: str, rule: Rule) -> None:
    assert len(rule.source) > 20
    assert rule.owner
    assert rule.tags
    assert all(re.fullmatch(r"T\d{4}(\.\d{3})?", tag) for tag in rule.tags)
    assert rule.id.startswith(f"{kind}-")


@pytest.mark.parametrize(("kind", "rule"), RULES, ids=[rule.id for _, rule in RULES])
def test_a_shipped_rule_asks_for_values_that_its_features_can_have(kind: str, rule: Rule) -> None:
    """A distinct count ends at its cap: a rule beyond it would never fire."""
    ranges = {info.name: (info.least, info.most) for info in CATALOGUES[kind].infos}
    for case in rule.cases:
        for name, value in case.values.items():
            least, most = ranges.get(name, (None, None))
            assert least is None or least <= value
            assert most is None or value <= most


def test_the_page_about_them_names_exactly_the_rules_that_ship() -> None:
    page = (Path(models.__file__).parents[1] / "docs" / "rulebook.md").read_text()
    assert set(re.findall(r"`((?:signup|login|mail)-[a-z-]+)`", page)) == {rule.id for _, rule in RULES}


def test_every_kind_ships_fifteen_rules_or_more() -> None:
    assert {kind for kind, engine in ENGINES.items() if len(engine.rules) < 15} == set()


def test_a_case_that_the_condition_contradicts_refuses_the_rule(tmp_path: Path) -> None:
    folder = tmp_path / "login"
    folder.mkdir()
    text = (Path(models.__file__).parent / "rulebook" / "login" / "guessing.toml").read_text()
    changed = text.replace('id = "', 'id = "my-').replace('"account.failures_10m" = 9', '"account.failures_10m" = 10')
    (folder / "mine.toml").write_text(changed)
    with pytest.raises(
        RuleError, match=r"mine.toml:15:3: rule 'my-login-brute-force': case 'the ninth' says fires = false"
    ):
        load_bundle(CATALOGUES["login"], [tmp_path])


def test_a_case_about_an_unknown_name_refuses_the_rule(tmp_path: Path) -> None:
    folder = tmp_path / "login"
    folder.mkdir()
    text = (Path(models.__file__).parent / "rulebook" / "login" / "guessing.toml").read_text()
    (folder / "mine.toml").write_text(
        text.replace('id = "', 'id = "my-').replace('"account.failures_10m" = 9', "zork = 9")
    )
    with pytest.raises(RuleError, match="'zork', which is no field and no feature"):
        load_bundle(CATALOGUES["login"], [tmp_path])
