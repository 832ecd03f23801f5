"""Rule files: what they may say, and that every mistake is told with its file, its line and a caret."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.events import CATALOGUES, KINDS

from features.catalogue import Catalogue
from features.kind import Account, Entity, Fields, Kind
from models.bundle import RULEBOOK, load_bundle
from models.errors import RuleError
from models.rules.engine import RuleEngine
from models.rules.rule import read_rules

GOLDEN = Path(__file__).parent / "golden"
LOGIN = CATALOGUES["login"]
GOOD = """
[[rule]]
id = "{id}"
kind = "login"
when = "{when}"
action = "{action}"
reason = "{reason}"
owner = "me"
cases = []
"""


def rule(**changes: str) -> str:
    good = {"id": "r", "when": "ip.logins_1h > 5", "action": "review", "reason": "many"}
    return GOOD.format(**{**good, **changes})


def engine(folder: Path, *rules: str) -> RuleEngine:
    path = folder / "rules.toml"
    path.write_text("".join(rules), encoding="utf-8")
    return RuleEngine(LOGIN, read_rules([path]))


def data(**values: Any) -> Any:
    return SimpleNamespace(**{**dict.fromkeys(LOGIN.fields), **values})


def vector(**values: float) -> list[float]:
    return [values.get(name.replace(".", "_"), 0.0) for name in LOGIN.names]


def golden() -> list[tuple[str, str]]:
    blocks = re.split(r"(?m)^=+\n", (GOLDEN / "rules.txt").read_text(encoding="utf-8"))
    return [tuple(block.split("---\n", 1)) for block in blocks]  # type: ignore[misc]


def complaint(folder: Path, text: str) -> str:
    with pytest.raises(RuleError) as caught:
        engine(folder, text)
    return str(caught.value).replace(f"{folder}/", "") + "\n"


@pytest.mark.parametrize(("text", "expected"), golden())
def test_a_mistake_is_told_with_file_line_and_caret(tmp_path: Path, text: str, expected: str) -> None:
    assert complaint(tmp_path, text) == expected


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(RuleError, match=r"rules\.toml: not TOML"):
        read_rules([tmp_path / "rules.toml"])


def test_a_rule_of_the_same_name_in_another_file_is_refused_with_both_places(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(rule())
    (tmp_path / "b.toml").write_text("\n\n" + rule())
    with pytest.raises(RuleError, match=r"b\.toml:4: rule 'r' already stands in .*a\.toml"):
        read_rules([tmp_path / "b.toml", tmp_path / "a.toml"])


def test_tables_may_be_indented_spaced_and_commented(tmp_path: Path) -> None:
    text = rule().replace("[[rule]]", "  [[ rule ]]  # mine") + rule(id="s")
    assert [one.id for one in engine(tmp_path, text).rules] == ["r", "s"]


def test_what_fires_is_given_in_the_order_of_the_rules(tmp_path: Path) -> None:
    made = engine(tmp_path, rule(id="b"), rule(id="a", when="success"), rule(id="c", when="not success"))
    assert made.fired(data(success=True), vector(ip_logins_1h=6), None) == (0, 1)
    assert made.fired(data(success=False), vector(ip_logins_1h=5), None) == (2,)


def test_a_rule_that_is_off_is_not_evaluated(tmp_path: Path) -> None:
    made = engine(tmp_path, rule(id="off").replace("owner", 'mode = "off"\nowner'), rule(id="on"))
    assert [one.id for one in made.rules] == ["on"]
    assert made.fired(data(), vector(ip_logins_1h=6), None) == (0,)


def test_a_reason_has_the_values_that_the_rule_saw_and_the_limits_in_its_condition(tmp_path: Path) -> None:
    made = engine(
        tmp_path,
        rule(
            when="ip.logins_1h > 5 and country in ['AT', 'DE'] and score >= 0.5 and not missing(asn)",
            reason="{ip.logins_1h} from {country} {asn} at {score}: {ip.logins_1h}",
        ),
    )
    reason = made.reason(0, data(country="AT", asn=1853), vector(ip_logins_1h=6.0), 2 / 3)
    assert reason.text == "6 from AT 1853 at 0.6667: 6"
    assert reason.observed == {"ip.logins_1h": 6.0, "country": "AT", "score": 2 / 3, "asn": 1853}
    assert reason.limit == {"ip.logins_1h": 5, "country": ["AT", "DE"], "score": 0.5}
    assert (reason.rule, reason.action) == ("r", "review")


def test_a_score_that_does_not_count_fires_nothing(tmp_path: Path) -> None:
    made = engine(tmp_path, rule(when="score >= 0"), rule(id="s", when="missing(score)"))
    assert made.fired(data(), vector(), None) == (1,)
    assert made.fired(data(), vector(), 0.0) == (0,)


def test_a_value_with_braces_is_not_read_as_a_name(tmp_path: Path) -> None:
    made = engine(tmp_path, rule(when="country == '{asn}'", reason="from {country}"))
    assert made.reason(0, data(country="{asn}", asn=7), vector(), None).text == "from {asn}"


def test_many_rules_are_one_engine(tmp_path: Path) -> None:
    rules = [rule(id=f"r{i}", when=f"ip.logins_1h > {i}") for i in range(400)]
    assert engine(tmp_path, *rules).fired(data(), vector(ip_logins_1h=300.0), None) == tuple(range(300))


def test_a_further_folder_adds_rules_and_its_policy_is_in_force(tmp_path: Path) -> None:
    shipped = load_bundle(LOGIN)
    (tmp_path / "login").mkdir()
    (tmp_path / "login" / "mine.toml").write_text(rule(id="mine"))
    (tmp_path / "login" / "policy.toml").write_text("[[bands]]\nscore = 0.1\naction = 'block'\n")
    bundle = load_bundle(LOGIN, [tmp_path])
    assert {one.id for one in bundle.engine.rules} == {"mine", *(one.id for one in shipped.engine.rules)}
    assert bundle.policy.decide([], 0.2) == "block"
    assert shipped.policy.decide([], 0.2) == "allow"
    assert bundle.hash != shipped.hash


def test_a_bundles_hash_is_that_of_its_content(tmp_path: Path) -> None:
    for name, text in (("a", rule(id="mine")), ("b", "# a comment\n" + rule(id="mine")), ("c", rule(id="other"))):
        (tmp_path / name / "login").mkdir(parents=True)
        (tmp_path / name / "login" / "mine.toml").write_text(text)
    hashes = [load_bundle(LOGIN, [tmp_path / name]).hash for name in "abc"]
    assert hashes[0] == hashes[1] != hashes[2]
    assert load_bundle(LOGIN).hash == load_bundle(LOGIN).hash


def test_a_rule_in_the_folder_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "login").mkdir()
    (tmp_path / "login" / "mine.toml").write_text(rule().replace('kind = "login"', 'kind = "mail"'))
    with pytest.raises(RuleError, match=r"mine\.toml:2: kind is 'mail', its folder's is 'login'"):
        load_bundle(LOGIN, [tmp_path])


def test_a_kind_without_rules_has_the_default_policy() -> None:
    catalogue = SimpleNamespace(kind=SimpleNamespace(name="transfer"), names=(), rule_names=dict)
    bundle = load_bundle(catalogue)  # type: ignore[arg-type]
    assert bundle.engine.rules == ()
    assert bundle.policy.decide([], 0.9) == "challenge"


def test_a_field_that_would_hide_the_champions_score_is_refused() -> None:
    class Quiz(Fields, frozen=True, kw_only=True):
        account: Account
        score: int | None = None

    kind = Kind("quiz", Quiz, "account", (Entity("account", "account"),), ())
    with pytest.raises(RuleError, match="kind quiz: rules call the champion's score 'score': rename the field"):
        RuleEngine(Catalogue(kind), [])


def test_a_folder_of_rules_that_is_none_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="nowhere is not a folder of rules: correct the setting rulebook_folders"):
        load_bundle(LOGIN, [tmp_path / "nowhere"])


@pytest.mark.parametrize("folder", sorted(path.name for path in RULEBOOK.iterdir() if path.is_dir()))
def test_every_folder_of_the_rulebook_is_a_kinds_or_the_default(folder: str) -> None:
    assert folder in {*KINDS, "default"}
