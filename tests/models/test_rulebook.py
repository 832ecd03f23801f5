"""Every kind has rules worth the name; loading them tries each on its own cases."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.events import CATALOGUES

import models
from models.bundle import load_bundle
from models.errors import RuleError
from models.rules.engine import RuleEngine
from models.rules.rule import Rule

ENGINES: dict[str, RuleEngine] = {name: load_bundle(c).engine for name, c in CATALOGUES.items()}
RULES = [(kind, rule) for kind, engine in ENGINES.items() for rule in engine.rules]


@pytest.mark.parametrize(("kind", "rule"), RULES, ids=[rule.id for _, rule in RULES])
def test_a_shipped_rule_has_a_case_in_which_it_fires_and_one_in_which_it_does_not(kind: str, rule: Rule) -> None:
    assert {case.fires for case in rule.cases} == {True, False}
    assert rule.source


@pytest.mark.parametrize(("kind", "rule"), RULES, ids=[rule.id for _, rule in RULES])
def test_a_shipped_rule_asks_for_values_that_its_features_can_have(kind: str, rule: Rule) -> None:
    """A distinct count ends at its cap: a rule beyond it would never fire."""
    ranges = {info.name: (info.least, info.most) for info in CATALOGUES[kind].infos}
    for case in rule.cases:
        for name, value in case.values.items():
            least, most = ranges.get(name, (None, None))
            assert least is None or least <= value
            assert most is None or value <= most


def test_every_kind_ships_five_rules_or_more() -> None:
    assert {kind for kind, engine in ENGINES.items() if len(engine.rules) < 5} == set()


def test_a_case_that_the_condition_contradicts_refuses_the_rule(tmp_path: Path) -> None:
    folder = tmp_path / "login"
    folder.mkdir()
    text = (Path(models.__file__).parent / "rulebook" / "login" / "guessing.toml").read_text()
    changed = text.replace('id = "', 'id = "my-').replace('"account.failures_10m" = 9', '"account.failures_10m" = 10')
    (folder / "mine.toml").write_text(changed)
    with pytest.raises(
        RuleError, match=r"mine.toml:3: rule 'my-login-brute-force': case 'the ninth' says fires = false"
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
