"""Rule files: what they may say, and that every mistake is told with its file, its line and a caret."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.events import CATALOGUES, KINDS

from features.catalogue import Catalogue
from features.kind import Account, Entity, Fields, Kind
from models.bundle import RULEBOOK, load_bundle
from models.errors import RuleError
from models.facts import NO_FACTS
from models.rules.engine import RuleEngine
from models.rules.rule import read_all, read_rules

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


def engine(*rules: str, lists: dict[str, str] | None = None) -> RuleEngine:
    return RuleEngine(LOGIN, read_rules({"rules.toml": "".join(rules)}), lists)


def golden() -> list[tuple[str, str]]:
    blocks = re.split(r"(?m)^=+\n", (GOLDEN / "rules.txt").read_text(encoding="utf-8"))
    return [tuple(block.split("---\n", 1)) for block in blocks]  # type: ignore[misc]


def complaint(text: str) -> str:
    with pytest.raises(RuleError) as caught:
        engine(text, lists={"vpn_exits": "ip"})
    return str(caught.value) + "\n"


@pytest.mark.parametrize(("text", "expected"), golden())
def test_a_mistake_is_told_with_file_line_and_caret(text: str, expected: str) -> None:
    assert complaint(text) == expected


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "login").mkdir()
    (tmp_path / "login" / "rules.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(RuleError, match=r"rules\.toml: not TOML"):
        load_bundle(LOGIN, [tmp_path])


def test_a_rule_of_the_same_name_in_another_file_is_refused_with_both_places() -> None:
    with pytest.raises(RuleError, match=r"b\.toml:5:6: rule 'r' already stands in a\.toml:2"):
        read_rules({"a.toml": rule(), "b.toml": "\n\n" + rule()})


def test_all_mistakes_of_all_files_are_found_and_the_sound_rules_kept() -> None:
    rules, findings = read_all(
        {
            "a.toml": rule(id="a")
            + rule(action="deny", id="b").replace("owner", "ownr")
            + rule(id="c", action="deny"),
            "b.toml": "[[rule]",
            "c.toml": rule(id="a") + rule(id="d"),
        }
    )
    assert [one.id for one, _ in rules] == ["a", "d"]
    assert [(finding.path, finding.line) for finding in findings] == [
        ("a.toml", 17), ("a.toml", 24), ("b.toml", 1), ("c.toml", 3)
    ]  # fmt: skip


def test_tables_may_be_indented_spaced_and_commented() -> None:
    text = rule().replace("[[rule]]", "  [[ rule ]]  # mine") + rule(id="s")
    assert [one.id for one in engine(text).rules] == ["r", "s"]


def test_lines_may_end_as_windows_ends_them() -> None:
    text = rule(when="ip.login_1h > 5").replace("\n", "\r\n")
    assert complaint(text).startswith("rules.toml:5:9: rule 'r': unknown name 'ip.login_1h'")


@pytest.mark.parametrize(
    ("written", "moment_ms"),
    [
        ("2026-12-31", 1_798_675_200_000),
        ("2026-12-31T12:00:00", 1_798_718_400_000),
        ("2026-12-31T12:00:00Z", 1_798_718_400_000),
        ("2026-12-31T12:00:00.5+02:00", 1_798_711_200_500),
    ],
)
def test_a_rule_expires_on_a_date_or_at_a_moment(written: str, moment_ms: int) -> None:
    ((read, _),) = read_rules({"rules.toml": rule().replace("owner", f"expires = {written}\nowner")})
    assert read.expires_ms == moment_ms


def test_a_further_folder_adds_rules_and_its_policy_is_in_force(tmp_path: Path) -> None:
    shipped = load_bundle(LOGIN)
    (tmp_path / "login").mkdir()
    (tmp_path / "login" / "mine.toml").write_text(rule(id="mine"))
    (tmp_path / "login" / "policy.toml").write_text("[[bands]]\nscore = 0.1\naction = 'block'\n")
    bundle = load_bundle(LOGIN, [tmp_path])
    assert {one.id for one in bundle.engine.rules} == {"mine", *(one.id for one in shipped.engine.rules)}
    assert bundle.policy.decide([], 0.2, NO_FACTS).action == "block"
    assert shipped.policy.decide([], 0.2, NO_FACTS).action == "allow"
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


class Quiz(Fields, frozen=True, kw_only=True):
    account: Account
    score: int | None = None


class Transfer(Fields, frozen=True, kw_only=True):
    account: Account


def test_a_kind_without_rules_has_the_default_policy() -> None:
    bundle = load_bundle(Catalogue(Kind("transfer", Transfer, "account", (Entity("account", "account"),), ())))
    assert bundle.engine.rules == ()
    assert bundle.policy.decide([], 0.9, NO_FACTS).action == "challenge"


def test_a_field_that_would_hide_the_champions_score_is_refused() -> None:
    kind = Kind("quiz", Quiz, "account", (Entity("account", "account"),), ())
    with pytest.raises(RuleError, match="kind quiz: rules call the champion's score 'score': rename the field"):
        RuleEngine(Catalogue(kind), [])


def test_a_folder_of_rules_that_is_none_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="nowhere is not a folder of rules: correct the setting rulebook_folders"):
        load_bundle(LOGIN, [tmp_path / "nowhere"])


@pytest.mark.parametrize("folder", sorted(path.name for path in RULEBOOK.iterdir() if path.is_dir()))
def test_every_folder_of_the_rulebook_is_a_kinds_the_lists_or_the_default(folder: str) -> None:
    assert folder in {*KINDS, "default", "lists"}
