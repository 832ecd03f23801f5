"""Calibration error, its table, and the area under the curve."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.learning.reliability import auc, reliability


def drawn(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    said = rng.beta(0.5, 0.5, n)
    return said, rng.random(n) < said


def test_right_probabilities_show_no_more_error_than_chance() -> None:
    said, abuse = drawn(4_000)
    found = reliability(said, abuse, np.ones(4_000))
    assert found is not None
    assert found.error < 2 * found.noise
    assert 0.003 < found.noise < 0.02
    assert len(found.bins) == 10
    assert all(390 <= one.labels <= 410 for one in found.bins)


def test_probabilities_that_are_too_sure_show_it_and_in_which_direction() -> None:
    said, abuse = drawn(4_000)
    sure = said**3 / (said**3 + (1 - said) ** 3)
    found = reliability(sure, abuse, np.ones(4_000))
    assert found is not None
    assert found.error > 4 * found.noise
    third, eighth = found.bins[3], found.bins[7]
    assert third.seen > third.said
    assert eighth.seen < eighth.said


def test_equal_probabilities_stand_in_one_row() -> None:
    abuse = np.arange(1_000) % 4 == 0
    found = reliability(np.full(1_000, 0.25), abuse, np.ones(1_000))
    assert found is not None
    assert [(one.said, one.seen, one.labels) for one in found.bins] == [(0.25, 0.25, 1_000)]
    assert found.error == pytest.approx(0.0)


def test_a_weight_of_two_counts_as_two_labels() -> None:
    said, abuse = drawn(600)
    times = np.where(abuse, 2, 1)
    repeated = reliability(np.repeat(said, times), np.repeat(abuse, times), np.ones(int(times.sum())))
    weighed = reliability(said, abuse, times.astype(float))
    assert repeated is not None
    assert weighed is not None
    assert weighed.error == pytest.approx(repeated.error, abs=0.02)


def test_few_labels_stand_in_few_rows_and_none_in_none() -> None:
    said, abuse = drawn(120)
    found = reliability(said, abuse, np.ones(120))
    assert found is not None
    assert len(found.bins) == 2
    assert reliability(np.array([]), np.array([], dtype=bool), np.array([])) is None


@given(st.lists(st.integers(0, 9), min_size=1, max_size=30), st.lists(st.integers(0, 9), min_size=1, max_size=30))
def test_auc_is_the_share_of_pairs_in_the_right_order(legit: list[int], abuse: list[int]) -> None:
    won = sum((a > b) + 0.5 * (a == b) for a in abuse for b in legit)
    assert auc(np.array(legit) / 9, np.array(abuse) / 9) == pytest.approx(won / len(legit) / len(abuse))


def test_auc_needs_both_classes() -> None:
    assert auc(np.array([]), np.array([0.5])) is None
    assert auc(np.array([0.5]), np.array([])) is None
