"""Since when scores are higher than they were."""

from __future__ import annotations

import numpy as np
import pytest

from models.learning.rise import since_rise


def beta(seed: int, n: int, b: float) -> np.ndarray:
    return np.random.default_rng(seed).beta(1, b, n)


@pytest.mark.parametrize("n", [0, 1, 63, 64, 200, 20_000])
def test_where_nothing_changes_nothing_is_seen(n: int) -> None:
    assert all(since_rise(beta(seed, n, 8)) is None for seed in range(20))


def test_a_false_alarm_takes_more_than_many_looks_at_one_window() -> None:
    scores = beta(1, 60_000, 8)
    assert not [end for end in range(64, 60_000, 50) if since_rise(scores[max(0, end - 20_000) : end]) is not None]


@pytest.mark.parametrize("since", [128, 512, 2_000])
def test_a_rise_is_seen_with_about_the_labels_that_came_after_it(since: int) -> None:
    found = [since_rise(np.concatenate([beta(seed, 10_000, 8), beta(99 + seed, since, 3)])) for seed in range(10)]
    assert all(one is not None and since / 4 <= one <= 2 * since for one in found)


def test_a_rise_of_the_top_alone_is_seen_too() -> None:
    scores = beta(1, 10_000, 8)
    scores[-500:][::10] = 0.95
    assert since_rise(scores) is not None


def test_a_fall_or_a_rise_below_the_upper_tenth_is_left_alone() -> None:
    scores = beta(1, 10_000, 3)
    assert since_rise(np.concatenate([scores, beta(2, 1_000, 8)])) is None
    middle = scores.copy()
    level = np.quantile(scores, 0.8)
    newest = middle[-1_000:]
    newest[newest < level] = np.minimum(level, newest[newest < level] * 1.5)
    assert since_rise(middle) is None


def test_equal_scores_are_no_rise_and_the_first_above_them_are() -> None:
    scores = np.zeros(10_000)
    assert since_rise(scores) is None
    scores[-64:] = 0.1
    assert since_rise(scores) in (64, 128)
