"""How many may exceed by chance, against exact sums."""

from __future__ import annotations

from fractions import Fraction
from math import comb

from hypothesis import given
from hypothesis import strategies as st

from models.learning.binomial import least_above, most_below
from models.learning.threshold import labels_needed


def at_most(k: int, n: int, rate: Fraction) -> Fraction:
    return sum((comb(n, i) * rate**i * (1 - rate) ** (n - i) for i in range(k + 1)), Fraction(0))


@given(st.integers(1, 60), st.integers(1, 99), st.sampled_from([0.02511, 0.05077, 0.20033]))
def test_they_are_the_bounds_of_exact_binomial_sums(n: int, percent: int, doubt: float) -> None:
    rate = Fraction(percent, 100)
    k = most_below(n, percent / 100, doubt)
    assert k == -1 or at_most(k, n, rate) <= doubt
    assert at_most(k + 1, n, rate) > doubt
    above = least_above(n, percent / 100, doubt)
    assert 1 - at_most(above, n, rate) <= doubt
    assert above == 0 or 1 - at_most(above - 1, n, rate) > doubt


def test_a_promise_of_one_in_a_thousand_needs_2995_labels() -> None:
    assert labels_needed(0.001) == 2_995
    assert most_below(2_994, 0.001, 0.05) == -1
    assert most_below(2_995, 0.001, 0.05) == 0


def test_twenty_thousand_labels_allow_twelve_where_twenty_are_promised() -> None:
    assert most_below(20_000, 0.001, 0.05) == 12


def test_a_thousand_expected_cases_are_no_hindrance_to_floats() -> None:
    assert 940 < most_below(20_000, 0.05, 0.05) < 960


def test_no_labels_or_no_rate_allow_none() -> None:
    assert most_below(0, 0.1, 0.05) == -1
    assert most_below(10_000, 0.0, 0.05) == -1
    assert least_above(0, 0.1, 0.05) == least_above(10_000, 0.0, 0.05) == 0
