"""What differs between two bundles is told by rule, by policy and by list."""

from __future__ import annotations

import pytest

from models.bundle import BundleText
from models.errors import RuleError
from streams.bundles.compare import differences, unified

RULE = """[[rule]]
id = "{id}"
kind = "login"
when = "{when}"
action = "{action}"
reason = "many"
owner = "me"
cases = []
"""


def rule(id_: str, when: str = "ip.logins_1h > 3", action: str = "review") -> str:
    return RULE.format(id=id_, when=when, action=action)


def text(*rules: str, policy: str = "", **lists: str) -> BundleText:
    return BundleText(
        kind="login",
        rules={"own/login/a.toml": "".join(rules)},
        policy=("own/login/policy.toml", policy),
        lists={f"own/lists/{name}.toml": words for name, words in lists.items()},
    )


def test_rules_that_came_went_and_changed_are_named_with_what_changed() -> None:
    before = text(rule("gone"), rule("same"), rule("changed"), rule("longer"))
    after = text(
        rule("same"), rule("changed", action="block"), rule("longer", when="ip.logins_1h > 30000"), rule("new")
    )
    assert differences(before, after) == [
        "~ changed: action review → block",
        "- gone (live, review)",
        "~ longer: when ip.logins_1h > 3 → ip.logins_1h > 30000",
        "+ new (live, review)",
    ]


def test_another_writing_is_no_difference_and_another_order_is_one() -> None:
    before = text(rule("a"), rule("b"))
    assert differences(before, text("# words\n", rule("a"), "\n", rule("b"))) == []
    assert differences(before, text(rule("b"), rule("a"))) == ["~ the order of the rules"]


def test_a_changed_policy_and_changed_lists_are_told() -> None:
    one = '[[entry]]\nvalue = "192.0.2.1"\n'
    before = text(rule("a"), ips='of = "ip"\n' + one, old='of = "ip"\n', same='of = "text"\n')
    after = text(
        rule("a"),
        policy='[[bands]]\nscore = 0.5\naction = "review"\n',
        ips='of = "ip"\n' + one.replace(".1", ".2") + one.replace(".1", ".3"),
        same='of = "text"\n',
        new='of = "ip"\n',
    )
    assert differences(before, after) == [
        "~ policy: bands",
        "~ list ips: 2 values more, 1 fewer",
        "+ list new",
        "- list old",
    ]


def test_lines_are_shown_as_a_patch_and_the_same_files_as_nothing() -> None:
    before, after = text(rule("a")), text(rule("a", action="block"))
    assert unified(before, before) == ""
    shown = unified(before, after).splitlines()
    assert shown[:2] == ["--- own/login/a.toml", "+++ own/login/a.toml"]
    assert ('-action = "review"' in shown, '+action = "block"' in shown) == (True, True)
    appears = unified(BundleText(kind="login", rules={}, policy=after.policy), after)
    assert appears.startswith("--- /dev/null\n+++ own/login/a.toml\n")


def test_a_last_line_without_its_end_is_marked_as_diff_does() -> None:
    assert unified(text("a"), text("b")).endswith(
        "-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n"
    )


def test_what_cannot_be_read_is_an_error_of_rules() -> None:
    with pytest.raises(RuleError, match="not TOML"):
        differences(text(rule("a")), text("[["))
