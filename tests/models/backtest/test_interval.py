"""Intervals of shares, against values that others published."""

from __future__ import annotations

import pytest

from models.backtest.interval import share


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        # Newcombe, Statistics in Medicine 17 (1998), table I, method 3 (score without continuity correction).
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_it_is_the_score_interval_of_the_literature(hits: int, of: int, low: float, high: float) -> None:
    found = share(hits, of)
    assert found.value == hits / of
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_what_always_or_never_happens_reaches_the_end_and_leaves_doubt_at_the_other() -> None:
    always, never = share(5, 5), share(0, 5)
    assert (always.high, never.low) == (1.0, 0.0)
    assert always.low == pytest.approx(1 - never.high)  # type: ignore[operator]
    assert 0.5 < always.low < 0.6  # type: ignore[operator]


def test_nothing_is_known_of_nothing() -> None:
    found = share(0, 0)
    assert (found.value, found.low, found.high) == (None, None, None)
