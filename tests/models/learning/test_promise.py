"""A promised rate of false positives, measured by what was decided with the thresholds of the moment."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.promising import CHECKPOINT, keep

from models.learning.calibration import IDENTITY, Calibration
from models.learning.promise import Promise
from models.learning.threshold import rate_name


def beta(b: float | np.ndarray, n: int, seed: int = 0, a: float = 1.0) -> np.ndarray:
    return np.random.default_rng(seed).beta(a, b, n)


@pytest.mark.parametrize(("rate", "n"), [(0.01, 20_000), (0.001, 40_000)])
@pytest.mark.parametrize("late", [0, 1_000])
def test_where_the_traffic_stays_the_rate_is_kept_and_used(rate: float, n: int, late: int) -> None:
    kept = keep(beta(8, n), rate, late=late)
    assert 0.25 * rate < kept.rate() <= rate
    assert kept.open[n // 2 :].mean() > 0.9


@pytest.mark.parametrize(("rate", "n"), [(0.01, 20_000), (0.001, 40_000)])
@pytest.mark.parametrize("after", [5.0, 3.0, 1.0])
def test_over_a_sudden_rise_of_legitimate_scores_the_rate_is_kept(rate: float, n: int, after: float) -> None:
    half = n // 2
    kept = keep(np.concatenate([beta(8, half), beta(after, half, 1)]), rate)
    # What is decided from one checkpoint to the next is on its way when the first label tells of the rise.
    assert kept.rate() <= rate + CHECKPOINT / n
    assert kept.rate(half) <= rate + CHECKPOINT / half
    assert kept.rate(half + 2_000) <= rate
    if rate == 0.01:
        assert kept.open[half + 5_000 :].mean() > 0.9


@pytest.mark.parametrize("rate", [0.01, 0.001])
def test_while_scores_rise_slowly_the_rate_is_kept(rate: float) -> None:
    n = 30_000
    assert keep(beta(np.linspace(8, 3, n), n), rate).rate() <= rate


def test_labels_that_are_late_cost_only_what_was_on_its_way() -> None:
    rate, half, late = 0.01, 15_000, 1_000
    kept = keep(np.concatenate([beta(8, half), beta(3, half, 1)]), rate, late=late)
    on_their_way = int(kept.wrong[half : half + late + CHECKPOINT].sum())
    assert on_their_way > 0.05 * late, "the rise has to hurt, or this shows nothing"
    assert kept.wrong.sum() <= rate * len(kept.wrong) + 1 + on_their_way
    assert kept.rate(half + late + CHECKPOINT) <= rate


def test_many_equal_scores_are_below_the_threshold_together() -> None:
    rng = np.random.default_rng(0)
    scores = np.where(rng.random(20_000) < 0.03, rng.beta(1, 8, 20_000).round(1), 0.0)
    kept = keep(scores, 0.01)
    assert 0 < kept.rate() <= 0.01
    assert keep(np.zeros(5_000), 0.01).rate() == 0.0


def test_where_legitimate_decisions_have_a_score_of_1_nobody_is_hindered_and_it_says_why() -> None:
    scores = np.where(np.arange(5_000) % 20 == 0, 1.0, 0.1)
    kept = keep(scores, 0.01)
    assert kept.rate() == 0.0
    assert "score of 1" in kept.performance.figures().kept["0.01"].missing


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]), st.integers(1, 400)), min_size=1, max_size=12),
    st.sampled_from([0.05, 0.2]),
    st.integers(0, 99),
)
def test_whatever_the_order_no_more_are_hindered_than_labels_have_earned(
    blocks: list[tuple[float, int]], rate: float, seed: int
) -> None:
    """Scores that wait until the threshold is low and then rise: the worst that traffic could do."""
    promise, legit = Promise(rate), []
    rng = np.random.default_rng(seed)
    wrong = labels = 0
    for level, times in blocks:
        for _ in range(times):
            score = min(1.0, level + float(rng.random()) * 0.05)
            reached = promise.in_force is not None and score >= promise.in_force
            labels += 1
            wrong += reached
            legit.append(score)
            if promise.on_legit(promise.in_force is not None, reached) or labels % 16 == 0:
                promise.find(np.sort(legit), np.array([]))
            assert wrong <= rate * labels + 1


def test_the_account_of_20000_labels_is_what_was_decided() -> None:
    rate, n = 0.01, 30_000
    kept = keep(beta(8, n), rate)
    newest = kept.performance.thresholds((rate,))[rate_name(rate)]
    assert newest.measured == 20_000
    assert newest.achieved == pytest.approx(kept.wrong[-20_000:].mean(), abs=2 / 20_000)


def test_a_thin_threshold_becomes_one_with_the_label_that_was_missing() -> None:
    promise = Promise(0.01)
    scores = np.sort(beta(8, 299))
    promise.begin(298)
    promise.find(scores[:298], np.array([]))
    assert promise.thin
    assert promise.in_force is None
    assert promise.kept(298).missing == "needs 1 more legitimate labels (299 for a rate of 0.01)"
    promise.begin(300)
    promise.find(scores, np.array([]))
    assert not promise.thin
    assert promise.in_force > scores[-1]
    assert promise.kept(299).missing == ""


def test_after_too_many_wrong_ones_it_says_how_many_labels_it_takes() -> None:
    promise = Promise(0.01)
    promise.begin(500)
    promise.find(np.sort(beta(8, 500)), np.array([]))
    for _ in range(9):
        promise.on_legit(True, True)
    promise.find(np.sort(beta(8, 509)), np.array([]))
    missing = promise.kept(509).missing
    assert missing.startswith("more were wrongly hindered than promised: needs ")
    needed = int(missing.split("needs ")[1].split()[0])
    for _ in range(needed):
        promise.on_legit(False, False)
    assert promise.credit > 0
    promise.find(np.sort(beta(8, 509 + needed)), np.array([]))
    assert promise.kept(509 + needed).missing.startswith("too many were wrongly hindered of late: needs about ")


def test_the_threshold_lies_in_the_gap_above_the_legitimate_scores_that_stay_below() -> None:
    promise = Promise(0.01)
    promise.begin(1_000)
    promise.find(np.zeros(400), np.array([0.8, 0.9]))
    assert promise.raw == 0.4
    promise.find(np.zeros(400), np.array([]))
    assert promise.raw == 0.5


@pytest.mark.parametrize("calibration", [IDENTITY, Calibration(0.3, 0.2, -4.0), Calibration(20.0, 20.0, 25.0)])
def test_whatever_the_calibration_those_who_have_to_stay_below_do(calibration: Calibration) -> None:
    legit = np.sort(1.0 - 10.0 ** -np.random.default_rng(0).uniform(0, 15, 5_000))
    promise = Promise(0.01)
    promise.begin(5_000)
    promise.find(legit, np.array([]))
    threshold = promise.threshold(calibration)
    assert threshold is not None
    reached = np.array([calibration.apply(score) >= threshold.value for score in legit.tolist()])
    assert threshold.thin or reached.mean() <= 0.01
    assert threshold.low <= threshold.value <= threshold.high


def test_the_interval_holds_the_true_threshold_about_19_times_in_20() -> None:
    inside = 0
    true = 1 - 0.01 ** (1 / 8)
    for seed in range(300):
        legit = np.sort(beta(8, 3_000, seed))
        promise = Promise(0.01)
        promise.begin(3_000)
        promise.find(legit, np.array([]))
        threshold = promise.threshold(IDENTITY)
        assert threshold is not None
        inside += threshold.low <= true <= threshold.high
    assert 275 <= inside <= 300
