"""Of several labels of one decision the strongest counts."""

from __future__ import annotations

import itertools

import pytest

from models.backtest.truth import strongest
from models.learning.labels import GivenLabel


def given(label: str, by: str, at_ms: int) -> tuple[str, GivenLabel]:
    return "d", GivenLabel(label, by, at_ms)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([("abuse", "rule"), ("legit", "user"), ("abuse", "analyst")], "abuse"),
        ([("legit", "analyst"), ("abuse", "user"), ("abuse", "honeypot")], "legit"),
        ([("abuse", "honeypot"), ("legit", "rule")], "abuse"),
        ([("abuse", "analyst"), ("withdrawn", "analyst")], None),
        ([("abuse", "analyst"), ("withdrawn", "user"), ("legit", "user")], "abuse"),
        ([("abuse", "rule"), ("withdrawn", "user"), ("legit", "rule")], "legit"),
        ([("withdrawn", "analyst"), ("abuse", "rule")], "abuse"),
    ],
)
def test_an_analyst_comes_before_a_user_before_a_machine(labels: list[tuple[str, str]], expected: str | None) -> None:
    timed = [given(label, by, at_ms) for at_ms, (label, by) in enumerate(labels)]
    for order in itertools.permutations(timed):
        assert strongest(order).get("d") == expected


def test_decisions_do_not_mix() -> None:
    one, other = GivenLabel("abuse", "user", 0), GivenLabel("legit", "user", 0)
    assert strongest([("a", one), ("b", other)]) == {"a": "abuse", "b": "legit"}
