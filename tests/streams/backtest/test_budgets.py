"""Budgets in a backtest: events of which nothing is asked count too, and show what is used up, as they do live."""

from __future__ import annotations

import pytest
from support.backtests import actions, backtest, bundle, decide, plan_of
from support.events import T0, record

MINUTE_MS = 60_000
FAILING = ("failing", "not success", "challenge")
MOST = '[[budgets]]\nwindow = "1h"\nmost = 2\n'
SHARE = '[[budgets]]\nwindow = "1h"\nshare = 0.5\nat_least = 2\n'


def logins(*minutes: float) -> list[bytes]:
    """Logins at these minutes; a negative one fails at that minute."""
    return [
        record("login", str(n), T0 + int(abs(at) * MINUTE_MS), account=f"a{n}", success=at >= 0)
        for n, at in enumerate(minutes)
    ]


@pytest.mark.parametrize(
    ("budget", "minutes", "expected"),
    [
        # Somebody is met while the budget is used up, so that it stays so.
        (MOST, (-1, -2, 3, -180), ["challenge", "challenge", "allow", "review"]),
        # Nobody is, and two hours later nothing of it is left.
        (MOST, (-1, -2, -180), ["challenge", "challenge", "challenge"]),
        # Of a late event's moment it is still used up.
        (MOST, (-1, -2, 180, 4, -181), ["challenge", "challenge", "allow", "allow", "review"]),
        (SHARE, (-1, -2, -3), ["challenge", "challenge", "review"]),
        # As many as two are less than half of all.
        (
            SHARE,
            (1, 1, 1, -1, -2, -3, -4),
            ["allow", "allow", "allow", "challenge", "challenge", "challenge", "review"],
        ),
    ],
)
def test_what_is_used_up_is_found_when_a_live_worker_finds_it(
    budget: str, minutes: tuple[float, ...], expected: list[str]
) -> None:
    events = logins(*minutes)
    recorded = decide(events, bundle(FAILING))
    limited = bundle(FAILING, policy=budget)
    live = actions(decide(events, limited))
    report, decisions, _ = backtest(recorded, plan_of(limited, bundle(FAILING)))
    assert [pair[0] for pair in decisions.values()] == expected == list(live.values())
    assert ("overall" in report.kinds[0].candidate.trips) == ("review" in expected)


def test_the_report_says_when_a_budget_was_used_up() -> None:
    events = logins(-1, -2, 3, 4)
    report, _, _ = backtest(decide(events, bundle(FAILING)), plan_of(bundle(FAILING, policy=MOST), bundle(FAILING)))
    kind = report.kinds[0]
    assert kind.candidate.trips == {"overall": "2026-11-21T05:03:00.000Z"}
    assert kind.baseline.trips == {}
    assert any("never reset" in note for note in kind.notes)
