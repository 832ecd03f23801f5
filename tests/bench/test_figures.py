"""The figures of the benchmark are what their definitions say, with ties and at the edges."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from quality.figures import allowed, auc, average_precision, intervals, missed_at, recall_at, roc


def drawn(seed: int, count: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Scores with many ties."""
    chance = random.Random(seed)
    abuse = np.array([chance.random() < 0.4 for _ in range(count)])
    scores = np.array([float(chance.randrange(8) + 3 * label) for label in abuse])
    return scores, abuse


@pytest.mark.parametrize("seed", range(5))
def test_auc_is_the_share_of_pairs_in_order_and_ties_count_half(seed: int) -> None:
    scores, abuse = drawn(seed)
    pairs = [(a > b) + (a == b) / 2 for a in scores[abuse] for b in scores[~abuse]]
    assert auc(scores, abuse) == pytest.approx(sum(pairs) / len(pairs), abs=1e-15)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("rate", ["0", "0.05", "0.1", "0.5", "1"])
def test_recall_is_the_largest_of_any_threshold_that_flags_few_enough(seed: int, rate: str) -> None:
    scores, abuse = drawn(seed)
    most = math.floor(float(rate) * (~abuse).sum() + 1e-9)
    possible = [-1.0, *scores]
    kept = [at for at in possible if np.count_nonzero(scores[~abuse] > at) <= most]
    best = max(float(np.mean(scores[abuse] > at)) for at in kept)
    assert recall_at(scores, abuse, rate) == pytest.approx(best)


def test_how_many_may_be_flagged_is_not_rounded_by_binary_fractions() -> None:
    assert (allowed("0.001", 3000), allowed("0.29", 100), allowed("0.001", 999)) == (3, 29, 0)


def test_spam_that_ties_with_a_legitimate_mail_is_not_found() -> None:
    scores, abuse = np.array([1.0, 1.0, 0.0]), np.array([True, False, False])
    assert missed_at(scores, abuse, "0.001") == 1
    assert missed_at(scores, abuse, "0.5") == 0


def test_without_a_class_there_is_no_figure() -> None:
    assert math.isnan(auc(np.ones(3), np.ones(3, dtype=bool)))
    assert math.isnan(recall_at(np.ones(3), np.zeros(3, dtype=bool), "0.1"))


@pytest.mark.parametrize("seed", range(5))
def test_average_precision_is_the_mean_of_the_precisions_at_which_abuse_is_found(seed: int) -> None:
    scores, abuse = drawn(seed)
    flagged = {at: scores >= at for at in scores}
    wanted = np.mean([abuse[flagged[at]].mean() for at in scores[abuse]])
    assert average_precision(scores, abuse) == pytest.approx(wanted)


def test_the_curve_begins_with_nothing_flagged_and_ends_with_everything() -> None:
    scores, abuse = drawn(1)
    points = roc(scores, abuse)
    assert (points[0], points[-1]) == ((0, 0), (1, 1))
    assert points == sorted(points)


def test_intervals_hold_the_figure_and_are_the_same_each_time() -> None:
    scores, abuse = drawn(2, 400)

    def statistics(places: np.ndarray) -> list[float]:
        return [auc(scores[places], abuse[places])]

    found = intervals(abuse, statistics, resamples=200)
    assert found == intervals(abuse, statistics, resamples=200)
    low, high = found[0]
    assert low < auc(scores, abuse) < high
    # Hanley and McNeil's standard error for these numbers is about 0.02.
    assert 0.03 < high - low < 0.15


def test_intervals_compare_on_the_same_draws_and_keep_both_classes() -> None:
    abuse = np.array([True, False] * 50)
    seen = []
    intervals(abuse, lambda places: [float(seen.append(places) or 0.0)], resamples=20)
    assert {int(abuse[places].sum()) for places in seen} == {50}
    assert all(len(set(places[abuse[places] == label])) < 50 for places in seen for label in (True, False))
