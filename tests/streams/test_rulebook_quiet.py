"""The rules that ship leave ordinary people alone, and meet every attack that the simulator knows.

It shows that they are quiet, not that they find: whoever makes up the attacks also knows the rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from models.actions import ACTIONS
from streams.cli.replay import replay
from streams.cli.simulate import simulate

ENFORCED = ACTIONS[ACTIONS.index("review") + 1 :]
# Of a kind's decisions, so many may a rule hinder, and so many all of them.
MOST = 0.005
Decision = dict[str, Any]


def decided(folder: Path, events: int, attacks: float, seed: int) -> list[Decision]:
    """What `weir replay` makes of what `weir simulate` makes up."""
    made, verdicts = folder / "events.jsonl", folder / "verdicts.jsonl"
    wanted = ["--events", str(events), "--attacks", str(attacks), "--seed", str(seed), "--out", str(made)]
    assert CliRunner().invoke(simulate, wanted).exit_code == 0
    result = CliRunner().invoke(replay, ["--events", str(made), "--out", str(verdicts)])
    assert result.exit_code == 0, result.stderr
    return [msgspec.json.decode(line)["data"] for line in verdicts.read_bytes().splitlines()]


@pytest.fixture(scope="module")
def ordinary(tmp_path_factory: pytest.TempPathFactory) -> list[Decision]:
    return decided(tmp_path_factory.mktemp("ordinary"), 4000, 0, seed=1)


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> list[Decision]:
    return decided(tmp_path_factory.mktemp("attacked"), 2500, 0.5, seed=1)


def test_no_rule_hinders_more_than_five_of_a_thousand_ordinary_events(ordinary: list[Decision]) -> None:
    of_kind = Counter(decision["event"]["kind"] for decision in ordinary)
    hindered = Counter(
        (decision["event"]["kind"], reason["rule"])
        for decision in ordinary
        for reason in decision["reasons"]
        if reason["action"] in ENFORCED
    )
    assert set(of_kind) == {"signup", "login", "mail"}
    assert {rule: count for (kind, rule), count in hindered.items() if count > MOST * of_kind[kind]} == {}


def test_all_rules_together_hinder_no_more_than_five_of_a_thousand_ordinary_events(ordinary: list[Decision]) -> None:
    of_kind = Counter(decision["event"]["kind"] for decision in ordinary)
    hindered = Counter(decision["event"]["kind"] for decision in ordinary if decision["action"] in ENFORCED)
    assert {kind: count for kind, count in hindered.items() if count > MOST * of_kind[kind]} == {}


def test_ordinary_people_do_what_rules_look_at(ordinary: list[Decision]) -> None:
    """Else quiet would mean nothing."""
    values: dict[str, set[Any]] = {}
    for decision in ordinary:
        for name, value in decision["features"].items():
            values.setdefault(name, set()).add(value)
    for flag in ("account.new_country", "false_reply", "attached_archive", "helo_bare", "recovery_disposable"):
        assert values[flag] == {0, 1}
    for name, least in (("account.failures_10m", 3), ("ip.signups_24h", 6), ("account.recipients_1h", 50)):
        assert max(values[name]) >= least, name


def by_device(kind: str, first: str) -> Callable[[Decision], bool]:
    return lambda one: one["event"]["kind"] == kind and one["fields"].get("device", "-")[0] == first


CAMPAIGNS: dict[str, Callable[[Decision], bool]] = {
    "bulk signup": by_device("signup", "b"),
    "credential stuffing": by_device("login", "s"),
    "account takeover": by_device("login", "t"),
    "spam run": lambda one: one["fields"].get("recipients", [""])[0].endswith("@list.example"),
    "phishing": lambda one: one["fields"].get("sender", "").startswith("notice"),
}


@pytest.mark.parametrize("campaign", CAMPAIGNS)
def test_rules_meet_a_tenth_or_more_of_each_simulated_attack(campaign: str, attacked: list[Decision]) -> None:
    hostile = [one for one in attacked if CAMPAIGNS[campaign](one)]
    met = [one for one in hostile if one["action"] in ENFORCED and one["reasons"]]
    assert len(hostile) >= 20
    assert len(met) >= len(hostile) / 10
