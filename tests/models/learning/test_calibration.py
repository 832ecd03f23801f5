"""The map from scores to probabilities: increasing whatever its parameters, and fitted to labels."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.learning.calibration import IDENTITY, Calibration, fit

SCORES = st.floats(0.0, 1.0)
MAPS = st.builds(Calibration, a=st.floats(0.05, 20.0), b=st.floats(0.05, 20.0), c=st.floats(-30.0, 30.0))


def labelled(n: int, truth: Calibration, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """n scores, mostly low, whose chance of being abuse is ``truth`` of them."""
    rng = np.random.default_rng(seed)
    scores = rng.beta(0.6, 1.2, n)
    return scores, rng.random(n) < truth.apply_many(scores)


@given(SCORES)
def test_without_labels_scores_stay_bit_for_bit_what_they_are(score: float) -> None:
    assert IDENTITY.apply(score) == score


@given(MAPS, SCORES, SCORES)
def test_a_higher_score_is_a_higher_probability(calibration: Calibration, one: float, other: float) -> None:
    low, high = min(one, other), max(one, other)
    if high - low >= 1e-9:
        assert calibration.apply(low) < calibration.apply(high)


@given(MAPS, SCORES)
def test_scores_next_to_each_other_at_the_ends_stay_apart_by_more_than_rounding(
    calibration: Calibration, score: float
) -> None:
    assert calibration.apply(1.0) - calibration.apply(1.0 - 1e-9) >= 1e-16
    assert calibration.apply(2e-12) > calibration.apply(1e-12) > calibration.apply(0.0) == 0.0
    assert 0.0 <= calibration.apply(score) <= 1.0


@pytest.mark.parametrize("score", [5e-324, 1e-300, math.nextafter(1.0, 0.0)])
def test_the_map_holds_next_to_both_ends(score: float) -> None:
    for calibration in (Calibration(20.0, 20.0, 30.0), Calibration(0.05, 0.05, -30.0)):
        assert 0.0 <= calibration.apply(score) <= 1.0
    assert Calibration(2.0, 3.0, -700.0).apply(1.0) == 1.0


@given(MAPS, st.lists(SCORES, min_size=1, max_size=20))
def test_many_scores_at_once_give_the_same_but_for_rounding(calibration: Calibration, scores: list[float]) -> None:
    assert calibration.apply_many(np.array(scores)) == pytest.approx(
        [calibration.apply(score) for score in scores], rel=1e-9, abs=1e-15
    )


@pytest.mark.parametrize(
    "truth", [Calibration(0.5, 0.4, -1.0), Calibration(2.0, 1.5, 1.0), Calibration(0.3, 2.0, 0.5)]
)
def test_it_finds_the_map_that_labels_follow(truth: Calibration) -> None:
    found = fit(*labelled(40_000, truth))
    for score in (0.05, 0.2, 0.5, 0.8, 0.95):
        assert found.apply(score) == pytest.approx(truth.apply(score), abs=0.02)


def test_few_labels_move_it_little_and_none_not_at_all() -> None:
    assert fit(np.array([]), np.array([], dtype=bool)) == IDENTITY
    truth = Calibration(0.3, 0.3, -2.0)
    distances = [abs(fit(*labelled(n, truth)).a - 1.0) for n in (10, 100, 10_000)]
    assert distances[0] < 0.2 < 0.5 < distances[2]


def test_a_label_of_weight_three_counts_as_three() -> None:
    scores, abuse = labelled(300, Calibration(0.5, 0.5, 0.0))
    times = np.where(abuse, 3, 1)
    repeated = fit(np.repeat(scores, times), np.repeat(abuse, times))
    weighed = fit(scores, abuse, times.astype(float))
    assert (weighed.a, weighed.b, weighed.c) == pytest.approx((repeated.a, repeated.b, repeated.c), rel=1e-6)


@pytest.mark.parametrize(
    "scores",
    [np.zeros(500), np.ones(500), np.tile([0.0, 1.0], 250), np.linspace(0, 1, 500), np.linspace(1, 0, 500)],
    ids=["all 0", "all 1", "0 and 1", "in order", "against the order"],
)
@pytest.mark.parametrize("abuse", ["none", "all", "upper half", "every other"])
def test_whatever_the_labels_the_map_increases_and_is_finite(scores: np.ndarray, abuse: str) -> None:
    at = np.arange(500)
    labels = {"none": at < 0, "all": at >= 0, "upper half": at >= 250, "every other": at % 2 == 0}[abuse]
    found = fit(scores, labels)
    assert 0.05 <= found.a <= 20
    assert 0.05 <= found.b <= 20
    assert math.isfinite(found.c)


def test_it_is_the_best_map_there_is_also_at_the_limits_of_its_parameters() -> None:
    scores, abuse = labelled(2_000, Calibration(1.0, 1.0, 0.0))
    found = fit(1.0 - scores, abuse)
    assert found.a == found.b == 0.05

    def loss(c: float) -> float:
        p = Calibration(found.a, found.b, c).apply_many(1.0 - scores)
        return float(-np.sum(np.log(np.where(abuse, p, 1 - p))))

    assert loss(found.c) < min(loss(found.c - 0.05), loss(found.c + 0.05))


def test_five_thousand_pairs_are_fitted_within_20_ms_of_cpu_time() -> None:
    scores, abuse = labelled(5_000, Calibration(0.4, 0.6, -1.0))
    took = []
    for _ in range(5):
        began = time.process_time()
        fit(scores, abuse)
        took.append(time.process_time() - began)
    assert min(took) < 0.02
