"""``weir budgets``: what is used, what has tripped, and how a tripped one begins anew."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.control import Control, control_topic

from features.entity import digest
from features.store.contract import Keep
from models.budgets import Budgets
from models.policy import Budget, Policy
from streams.cli.budgets import budgets
from streams.settings import Settings
from streams.standing import Standing
from streams.store import redis_store

POLICY = """
[[budgets]]
window = "1h"
most = 100

[[budgets]]
rule = "login-brute-force"
window = "24h"
share = 0.01
at_least = 50
"""
BUDGETS = (Budget("1h", most=100), Budget("24h", "login-brute-force", share=0.01, at_least=50))


@pytest.fixture
def control(tmp_path: Path) -> Iterator[Control]:
    (tmp_path / "login").mkdir()
    (tmp_path / "login" / "policy.toml").write_text(POLICY)
    with control_topic(WEIR_RULEBOOK_FOLDERS=str(tmp_path), WEIR_REDIS="redis://127.0.0.1:1/0") as control:
        yield control


def trip(control: Control, budget: str, at_ms: int) -> None:
    control.set(dict([control.standing().trip_record("login", budget, at_ms)]))


def test_a_tripped_budget_is_shown_and_a_reset_lets_it_begin_anew(control: Control) -> None:
    quiet = control.run(budgets, "show", "--kind", "login")
    assert quiet.exit_code == 0
    assert "Redis does not answer" in quiet.stderr
    trip(control, "overall", 1_795_237_200_000)
    shown = control.run(budgets, "show")
    assert shown.exit_code == 1
    assert "TRIPPED since 2026-11-21T05:00:00.000Z" in shown.stdout
    overall, rule = control.json(budgets, "show")
    assert (overall["kind"], overall["budget"], overall["most"], overall["window"]) == ("login", "overall", 100, "1h")
    assert (overall["tripped_at"], overall["used"]) == ("2026-11-21T05:00:00.000Z", None)
    assert (rule["budget"], rule["share"], rule["tripped_at"]) == ("login-brute-force", 0.01, None)

    words = ("--kind", "login", "overall", "login-brute-force", "--author", "ada", "--reason", "false alarm")
    said = control.ok(budgets, "reset", *words)
    assert said.splitlines() == [
        "login: overall: counts anew; it had tripped",
        "login: login-brute-force: counts anew; it had not tripped",
    ]
    assert control.standing().tripped("login") == ()
    after, _ = control.json(budgets, "show")
    assert (after["tripped_at"], after["reset_by"], after["reset_reason"]) == (None, "ada", "false alarm")
    trip(control, "overall", 1_795_237_200_001)
    assert control.standing().tripped("login") == ("overall",)


def test_each_reset_is_greater_than_all_before_whatever_the_clocks_say(control: Control) -> None:
    future_ms = int(time.time() * 1000) + 86_400_000
    control.set({"budget-reset/login/overall": b'{"reset_ms":%d}' % future_ms})
    trip(control, "overall", 1)
    assert control.standing().tripped("login") == ("overall",)
    control.ok(budgets, "reset", "--kind", "login", "overall")
    assert control.standing().reset_ms("login", "overall") == future_ms + 1
    assert control.standing().tripped("login") == ()


def test_what_is_used_comes_from_the_store_and_begins_anew_with_a_reset(control: Control, redis_server: str) -> None:
    control.env["WEIR_REDIS"] = redis_server
    now_ms = int(time.time() * 1000)

    async def count(standing: Standing) -> None:
        """Seven decisions, three of them enforced by the rule."""
        store = redis_store(Settings(redis=redis_server))
        known = Budgets(Policy(budgets=BUDGETS), "login", lambda name: standing.reset_ms("login", name))
        every = known.tallies[-1:]
        keeps = [
            Keep(digest(f"a{n}"), f"{n:032x}", b"v", now_ms, known.tallies if n < 3 else every, ()) for n in range(7)
        ]
        await store.keep(keeps)
        await store.close()

    asyncio.run(count(control.standing()))
    overall, rule = control.json(budgets, "show")
    assert (overall["used"], overall["decisions"]) == (3, None)
    assert (rule["used"], rule["decisions"]) == (3, 7)
    assert "3 of 7" in control.ok(budgets, "show")
    control.ok(budgets, "reset", "--kind", "login", "overall")
    overall, rule = control.json(budgets, "show")
    assert (overall["used"], rule["used"]) == (0, 3)


def test_a_mistake_is_named_and_changes_nothing(control: Control) -> None:
    assert "has no budget 'overal': there are overall, login-brute-force" in control.refused(
        budgets, "reset", "--kind", "login", "overal"
    )
    assert "there is no kind 'logins'" in control.refused(budgets, "reset", "--kind", "logins", "overall")
    assert "the policy of mail has no budget" in control.refused(budgets, "reset", "--kind", "mail", "overall")
    assert control.now() == {}
    assert control.ok(budgets, "show", "--kind", "mail") == "no policy has a budget\n"
