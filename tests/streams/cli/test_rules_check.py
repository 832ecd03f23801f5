"""``weir rules check`` and ``weir rules test``: what they print, and how they end."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from streams.cli.rules import rules

GOOD = """[[rule]]
id = "mine"
kind = "login"
when = "success and ip.failures_10m >= 40 and country == 'AT'"
action = "review"
reason = "{ip.failures_10m}"
owner = "me"
cases = [
  { fires = true, values = { success = true, "ip.failures_10m" = 40, country = "AT" } },
  { name = "one less", fires = false, values = { success = true, "ip.failures_10m" = 39, country = "AT" } },
]
"""


def run(*words: str) -> Result:
    return CliRunner().invoke(rules, list(words))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "login").mkdir()
    (tmp_path / "login" / "mine.toml").write_text(GOOD)
    return tmp_path


def test_sound_rules_pass_beside_those_that_ship(folder: Path) -> None:
    for command in ("check", "test"):
        assert run(command).exit_code == 0
        assert run(command, str(folder)).exit_code == 0
    alone = run("check", "--alone", str(folder))
    assert (alone.exit_code, alone.output) == (0, "1 rules compile; 0 errors, 0 warnings\n")


def test_all_faults_of_all_files_are_told_at_once_by_file_and_line(folder: Path) -> None:
    (folder / "mail").mkdir()
    (folder / "lists").mkdir()
    (folder / "nowhere").mkdir()
    (folder / "login" / "bad.toml").write_text(GOOD.replace("ip.failures_10m >=", "ip.failure_10m >=") + GOOD)
    (folder / "mail" / "policy.toml").write_text("actions = ['allow']\n")
    (folder / "lists" / "proxies.toml").write_text("of = 'ips'\n")
    (folder / "nowhere" / "x.toml").write_text(GOOD)
    (folder / "y.toml").write_text(GOOD)
    found = run("check", "--json", str(folder))
    assert found.exit_code == 1
    answer = msgspec.json.decode(found.output)
    told = [
        (str(Path(one["path"]).relative_to(folder)), one.get("line"), one["message"]) for one in answer["findings"]
    ]
    assert [(path, line) for path, line, _ in told] == [
        ("lists/proxies.toml", None), ("login/bad.toml", 4), ("login/bad.toml", 13), ("login/mine.toml", 2),
        ("mail/policy.toml", None), ("nowhere/x.toml", None), ("y.toml", None),
    ]  # fmt: skip
    assert (answer["errors"], answer["warnings"]) == (7, 0)
    assert "nothing reads it here" in told[-1][2]
    text = run("check", str(folder))
    assert text.exit_code == 1
    assert f"{folder}/login/bad.toml:4:21: rule 'mine': unknown name 'ip.failure_10m'" in text.output
    assert text.output.endswith("; 7 errors, 0 warnings\n")


def test_what_policy_and_rules_have_to_do_with_each_other_is_checked_too(folder: Path) -> None:
    (folder / "login" / "policy.toml").write_text('[[budgets]]\nrule = "zork"\nwindow = "1h"\nmost = 5\n')
    found = run("check", str(folder))
    assert found.exit_code == 1
    assert f"{folder}/login/policy.toml: a budget names the rule 'zork', which there is not" in found.output


def test_a_warning_alone_refuses_nothing(folder: Path) -> None:
    (folder / "login" / "mine.toml").write_text(GOOD.replace("owner", "expires = 2020-01-01\nowner"))
    found = run("check", str(folder))
    assert found.exit_code == 0
    assert "mine.toml:7:11: warning: rule 'mine': it has expired: remove it" in found.output


@pytest.mark.parametrize("command", ["check", "test"])
def test_what_cannot_be_read_ends_with_two(command: str, tmp_path: Path) -> None:
    assert run(command, str(tmp_path / "nowhere")).exit_code == 2
    assert run(command, "--alone").exit_code == 2


def test_cases_that_come_out_otherwise_are_all_told(folder: Path) -> None:
    (folder / "login" / "mine.toml").write_text(
        GOOD.replace(" = 40, country", " = 38, country").replace("= 39", "= 41")
    )
    found = run("test", "--json", str(folder), "--alone")
    assert found.exit_code == 1
    answer = msgspec.json.decode(found.output)
    assert (answer["cases"], answer["failed"]) == (2, 2)
    assert [failure["line"] for failure in answer["rules"][0]["failures"]] == [9, 10]
    assert "case 'one less' says fires = false" in run("test", str(folder)).output


def test_coverage_is_told_by_rule_and_in_all(folder: Path) -> None:
    found = run("test", "--json", str(folder), "--alone")
    assert found.exit_code == 0
    answer = msgspec.json.decode(found.output)
    (one,) = answer["rules"]
    assert (one["met"], one["outcomes"]) == (4, 6)
    assert one["unmet"] == ["success: never false", "country == 'AT': never false"]
    assert answer["percent"] == pytest.approx(100 * 4 / 6)
    text = run("test", str(folder), "--alone").output
    assert "67 %" in text
    assert "1 rules, 2 cases, 0 come out otherwise; coverage of conditions 66.7 % (4 of 6)" in text


def test_a_rule_that_does_not_compile_fails_the_test(folder: Path) -> None:
    (folder / "login" / "mine.toml").write_text(GOOD.replace("success and", "sucess and"))
    found = run("test", str(folder), "--alone")
    assert found.exit_code == 1
    assert "unknown name 'sucess': did you mean 'success'?" in found.output
