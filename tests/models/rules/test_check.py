"""What is refused before it is shipped, all at once, by file and line."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.events import CATALOGUES

from models.bundle import load_bundle
from models.policy import Policy
from models.rules.check import KindRules, check
from models.rules.finding import Finding

GOLDEN = Path(__file__).parents[1] / "golden" / "check.txt"
LOGIN = CATALOGUES["login"]
NOW_MS = int(datetime(2026, 11, 21, tzinfo=UTC).timestamp() * 1000)
POLICY = Policy(actions=("allow", "review", "challenge", "block"))
LISTS = {"vpn_exits": "ip", "bad_asns": "asn"}


def findings(*texts: str, policy: Policy = POLICY) -> list[Finding]:
    files = {f"{number}.toml" if number else "rules.toml": text for number, text in enumerate(texts)}
    return check([KindRules(LOGIN, files, policy, LISTS)], NOW_MS).findings


def rule(id_: str, when: str, *cases: str, action: str = "review", more: str = "") -> str:
    written = "".join(f"  {{ {case} }},\n" for case in cases)
    return (
        f'[[rule]]\nid = "{id_}"\nkind = "login"\nwhen = "{when}"\naction = "{action}"\nreason = "because"\n'
        f'owner = "me"\n{more}cases = [\n{written}]\n'
    )


def at(name: str, limit: float, *, fires: tuple[float, float]) -> list[str]:
    """A case that fires and one on the boundary of a single comparison."""
    return [f'fires = {str(one == fires[0]).lower()}, values = {{ "{name}" = {one} }}' for one in fires]


def golden() -> list[tuple[str, str]]:
    blocks = re.split(r"(?m)^=+\n", GOLDEN.read_text(encoding="utf-8"))
    return [tuple(block.split("---\n", 1)) for block in blocks]  # type: ignore[misc]


@pytest.mark.parametrize(("text", "expected"), golden())
def test_each_fault_is_told_with_its_place_and_what_to_do(text: str, expected: str) -> None:
    assert "\n".join(finding.render() for finding in findings(text)) + "\n" == expected


def test_a_sound_rule_is_not_found_fault_with() -> None:
    many = rule("many", "ip.logins_1h >= 5", *at("ip.logins_1h", 5, fires=(5, 4)))
    assert findings(many) == []


def test_findings_are_sorted_by_file_and_line() -> None:
    bad = rule("a", "zork > 1") + rule("b", "ip.logins_1h > 'x'")
    found = findings(bad, bad.replace('"a"', '"c"').replace('"b"', '"d"'), "[[rule")
    assert [(one.path, one.line) for one in found] == [
        ("1.toml", 4), ("1.toml", 13), ("2.toml", 1), ("rules.toml", 4), ("rules.toml", 13)
    ]  # fmt: skip


def test_an_id_is_one_rule_of_all_kinds() -> None:
    files = {"login.toml": rule("same", "ip.logins_1h >= 5", *at("ip.logins_1h", 5, fires=(5, 4)))}
    mail = {
        "mail.toml": rule("same", "ip.mails_1h >= 5", *at("ip.mails_1h", 5, fires=(5, 4))).replace("login", "mail")
    }
    kinds = [KindRules(LOGIN, files, POLICY, {}), KindRules(CATALOGUES["mail"], mail, POLICY, {})]
    (finding,) = check(kinds, NOW_MS).findings
    assert (finding.path, finding.line, finding.message) == (
        "mail.toml", 2, "rule 'same' already stands in login.toml:1"
    )  # fmt: skip


CASES = [
    'fires = true, values = { success = true, "ip.logins_1h" = 9 }',
    'fires = false, values = { success = false, "ip.logins_1h" = 9 }',
    'fires = false, values = { success = true, "ip.logins_1h" = 8 }',
]
WIDE = rule("wide", "ip.logins_1h >= 5", *at("ip.logins_1h", 5, fires=(5, 4)), action="challenge")


@pytest.mark.parametrize(
    ("narrow", "changes_nothing"),
    [
        (rule("narrow", "success and ip.logins_1h > 8", *CASES), True),
        (rule("narrow", "success and ip.logins_1h > 8", *CASES, action="challenge"), True),
        (rule("narrow", "success and ip.logins_1h > 8", *CASES, action="block"), False),
        (rule("narrow", "success and ip.logins_1h > 8", *CASES, more='mode = "shadow"\n'), False),
        (rule("narrow", "success and ip.logins_1h > 8", *CASES, more='mode = "off"\n'), False),
        (rule("other", "success and account.logins_1h > 8", *(c.replace("ip.", "account.") for c in CASES)), False),
    ],
)
def test_a_live_rule_within_another_that_asks_for_as_much_changes_nothing(narrow: str, changes_nothing: bool) -> None:
    messages = [finding.message for finding in findings(WIDE + narrow)]
    expected = "it changes nothing: 'wide' (rules.toml:1) fires whenever it does, and asks for challenge"
    assert messages == ([expected] if changes_nothing else [])


@pytest.mark.parametrize("more", ['mode = "shadow"\n', 'mode = "off"\n', "expires = 2026-12-01\n"])
def test_a_rule_that_does_not_count_or_ends_sooner_leaves_the_other_its_use(more: str) -> None:
    wide = WIDE.replace("cases = [", f"{more}cases = [")
    assert findings(wide + rule("narrow", "success and ip.logins_1h > 8", *CASES)) == []


def test_of_two_rules_that_say_the_same_the_first_stays() -> None:
    twins = WIDE + WIDE.replace('"wide"', '"twin"').replace(">= 5", "> 4")
    (finding,) = findings(twins)
    assert (finding.rule, finding.line) == ("twin", 15)


def test_what_ships_is_found_fault_with_nowhere() -> None:
    kinds = []
    for name, catalogue in CATALOGUES.items():
        bundle = load_bundle(catalogue)
        lists = {Path(place).stem: "ip" for place in bundle.text.lists}
        kinds.append(KindRules(CATALOGUES[name], bundle.text.rules, bundle.policy, lists))
    assert [finding.render() for finding in check(kinds, NOW_MS).findings] == []


def test_a_broad_rule_of_ones_own_is_warned_of_what_ships_and_not_refused() -> None:
    narrow = rule("n7", "ip.logins_1h > 7", *at("ip.logins_1h", 7, fires=(8, 7)))
    narrow += rule("n5", "ip.logins_1h == 5", *at("ip.logins_1h", 5, fires=(5, 6)))
    broad = rule("broad", "ip.logins_1h > 2", *at("ip.logins_1h", 2, fires=(3, 2)), action="block")
    files = {"shipped.toml": narrow, "own.toml": broad}
    kind = KindRules(LOGIN, files, POLICY, LISTS, frozenset({"shipped.toml"}))
    (found,) = check([kind], NOW_MS).findings
    assert (found.path, found.level) == ("own.toml", "warning")
    assert found.message == "of the rules that ship, these change nothing beside it: n7, n5"
    # The reverse is a mistake of one's own.
    kind = KindRules(LOGIN, files, POLICY, LISTS, frozenset({"own.toml"}))
    assert {one.level for one in check([kind], NOW_MS).findings} == {"error"}
