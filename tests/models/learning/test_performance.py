"""A model's record of what it said, against what turned out to be true."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from river import linear_model, preprocessing

from models.learning.calibration import IDENTITY
from models.learning.performance import Performance

RATES = (0.001, 0.01)
DAY_MS = 86_400_000


def decisions(n: int, seed: int = 0, base_rate: float = 0.1) -> list[tuple[float, bool]]:
    rng = np.random.default_rng(seed)
    abuse = rng.random(n) < base_rate
    scores = np.where(abuse, rng.beta(5, 2, n), rng.beta(1, 8, n))
    return list(zip(scores.tolist(), abuse.tolist(), strict=True))


def filled(n: int, *, seed: int = 0, base_rate: float = 0.1, rates: tuple[float, ...] = RATES) -> Performance:
    performance = Performance(rates)
    for at, (score, abuse) in enumerate(decisions(n, seed, base_rate)):
        performance.add(score, abuse, at * 1_000, at * 1_000 + 500)
    return performance


def test_without_labels_nothing_is_claimed() -> None:
    performance = Performance(RATES)
    assert performance.thresholds(RATES) == {}
    assert performance.calibration == IDENTITY
    figures = performance.figures((0.9,))
    assert (figures.abuse, figures.legit, figures.auc, figures.beside) == (0, 0, None, None)
    assert figures.kept["0.001"].missing == "needs 2,995 more legitimate labels (2,995 for a rate of 0.001)"


def test_one_class_alone_has_counts_and_delays_and_no_quality() -> None:
    performance = Performance(RATES)
    for at in range(100):
        performance.add(0.2, False, at, at + 3_000)
    figures = performance.figures((0.9,))
    assert (figures.legit, figures.auc, figures.log_loss, figures.calibration_error) == (100, None, None, None)
    assert (figures.delay_p50_s, figures.delay_p90_s) == (3.0, 3.0)
    assert performance.calibration == IDENTITY


def test_figures_are_those_of_the_recorded_scores() -> None:
    performance = filled(4_000)
    told = decisions(4_000)
    legit = np.array([score for score, abuse in told if not abuse])
    abuse = np.array([score for score, abuse in told if abuse])
    figures = performance.figures((0.5,))
    assert (figures.abuse, figures.legit) == (len(abuse), len(legit))
    assert figures.base_rate == pytest.approx(len(abuse) / 4_000, abs=0.001)
    assert figures.auc == pytest.approx(np.mean(abuse[:, None] > legit[None, :]))
    assert (figures.first_label_ms, figures.last_label_ms) == (500, 3_999_500)
    at = figures.at_score["0.5"]
    reached = performance.calibration.apply_many(abuse) >= 0.5
    assert at.recall == pytest.approx(reached.mean())
    wrong = performance.calibration.apply_many(legit) >= 0.5
    assert at.precision == pytest.approx(reached.sum() / (reached.sum() + wrong.sum()), abs=0.005)


def test_calibration_is_measured_by_what_was_told_before_the_label_was_known() -> None:
    """Scores are far from probabilities, and become ones."""
    performance = Performance()
    for at, (score, abuse) in enumerate(decisions(200)):
        performance.add(score**4, abuse, at, at + 10**9)
    raw = performance.figures().calibration_error
    for at, (score, abuse) in enumerate(decisions(20_000, 1)):
        performance.add(score**4, abuse, 10**9 + at * 1_000, 10**9 + at * 1_000)
    later = performance.figures()
    assert raw is not None
    assert later.calibration_error is not None
    assert raw > 0.03
    assert later.calibration_error < 0.01
    assert sum(row.labels for row in later.reliability) == later.abuse + 2_000 if later.abuse < 2_000 else 4_000


def test_a_threshold_comes_with_the_labels_it_needs_and_keeps_to_them() -> None:
    performance = filled(5_000, base_rate=0.0)
    found = performance.thresholds(RATES)
    assert list(found) == ["0.001", "0.01"]
    assert not found["0.001"].thin
    assert found["0.01"].value < found["0.001"].value
    assert found["0.001"].achieved == 0.0
    assert filled(2_900, base_rate=0.0).thresholds(RATES)["0.001"].thin


def test_a_rate_that_a_new_policy_promises_has_its_threshold_from_the_labels_at_hand() -> None:
    performance = filled(5_000)
    found = performance.thresholds((0.002,))["0.002"]
    assert not found.thin
    assert found.achieved is None
    performance.add(0.0, False, 5_000_000, 5_000_000)
    assert performance.thresholds((0.002,))["0.002"].achieved == 0.0


def test_rates_that_nobody_asks_for_any_more_are_given_up_when_there_are_many() -> None:
    performance = filled(500)
    for number in range(1, 40):
        performance.thresholds((number / 100, 0.5))
    kept = performance.figures().kept
    assert len(kept) == 16
    assert {"0.5", "0.39"} <= set(kept)


def test_a_late_label_is_held_against_the_threshold_of_its_decision_not_against_todays() -> None:
    performance = filled(2_000, base_rate=0.0, rates=(0.01,))
    assert not performance.thresholds((0.01,))["0.01"].thin
    performance.add(1.0, False, 10_000, 2_000_000)
    before = performance.thresholds((0.01,))["0.01"]
    performance.add(1.0, False, 1_999_000, 2_000_000)
    after = performance.thresholds((0.01,))["0.01"]
    assert before.achieved is not None
    assert after.achieved is not None
    assert after.achieved * after.measured == pytest.approx(before.achieved * before.measured + 1)


def test_what_the_verdict_recorded_goes_before_what_is_known_of_thresholds() -> None:
    one, other = filled(2_000, base_rate=0.0, rates=(0.01,)), filled(2_000, base_rate=0.0, rates=(0.01,))
    one.add(0.0, False, 2_000_000, 2_000_000, reached={"0.01": True})
    other.add(1.0, False, 2_000_000, 2_000_000, reached={})
    wrong = [one.thresholds((0.01,))["0.01"].achieved, other.thresholds((0.01,))["0.01"].achieved]
    assert wrong[0] is not None
    assert wrong[1] is not None
    assert wrong[0] > wrong[1]


def test_a_withdrawn_label_leaves_the_figures() -> None:
    performance = filled(300)
    before = performance.figures((0.5,))
    performance.add(0.123, True, 300_000, 300_000)
    performance.add(0.456, False, 300_000, 300_000)
    assert performance.figures().auc != before.auc
    performance.remove(0.456, False)
    performance.remove(0.123, True)
    performance.remove(0.999, True)
    after = performance.figures((0.5,))
    assert (after.auc, after.abuse, after.legit, after.base_rate) == (
        before.auc,
        before.abuse,
        before.legit,
        before.base_rate,
    )


def test_another_champion_begins_another_comparison() -> None:
    performance = Performance()
    performance.face("login.logistic")
    for at, (score, abuse) in enumerate(decisions(400)):
        performance.add(score, abuse, at, at, rival=0.1)
    performance.face("login.logistic")
    beside = performance.figures().beside
    assert beside is not None
    assert (beside.champion, beside.abuse + beside.legit) == ("login.logistic", 400)
    assert beside.gain > 0
    assert beside.recall["0.01"].own > beside.recall["0.01"].champion == 0.0
    performance.face("login.stack")
    assert performance.figures().beside is None
    performance.add(0.9, True, 500, 500, rival=0.5)
    fresh = performance.figures().beside
    assert fresh is not None
    assert (fresh.champion, fresh.abuse, fresh.legit, fresh.recall) == ("login.stack", 1, 0, {})


@pytest.mark.parametrize("score", [math.nan, math.inf, -0.1, 1.1])
def test_what_is_no_score_is_left_out(score: float) -> None:
    performance = filled(100)
    before = performance.encode()
    performance.add(score, True, 0, 0)
    assert performance.encode() == before
    performance.face("login.logistic")
    performance.add(0.5, True, 0, 0, rival=score)
    assert performance.figures().beside is None


def test_numbers_of_numpy_are_as_good_as_any() -> None:
    plain, numpy = Performance(RATES), Performance(RATES)
    for at, (score, abuse) in enumerate(decisions(200)):
        plain.add(score, abuse, at, at, 0.5)
        numpy.add(np.float64(score), np.bool_(abuse), at, at, np.float64(0.5))
    assert numpy.encode() == plain.encode()


Step = Callable[[Performance, int], object]
STEPS: dict[str, Step] = {
    "add": lambda one, at: _add(one, at, 60),
    "many": lambda one, at: _add(one, at, 900),
    "remove": lambda one, at: one.remove(*decisions(1, at)[0]),
    "face": lambda one, at: one.face(f"login.m{at % 2}"),
    "ask": lambda one, at: one.thresholds((0.01, 0.05)),
    "look": lambda one, at: one.figures((0.5,)),
}


def _add(performance: Performance, at: int, n: int) -> None:
    for number, (score, abuse) in enumerate(decisions(n, at, 0.3)):
        when = (at * 1_000 + number) * 1_000
        performance.add(score, abuse, when - 7_000, when, rival=score / 2 if number % 3 else None)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.booleans()), min_size=3, max_size=12))
def test_written_down_read_and_continued_it_equals_one_that_never_stopped(steps: list[tuple[str, bool]]) -> None:
    one, other = Performance((0.01,)), Performance((0.01,))
    for at, (name, stops) in enumerate(steps):
        if stops:
            other = Performance.decode(other.encode())
        STEPS[name](one, at)
        STEPS[name](other, at)
        assert one.encode() == other.encode()
    assert one.figures((0.5,)) == other.figures((0.5,))
    assert one.thresholds((0.01,)) == other.thresholds((0.01,))


def test_however_many_labels_come_it_stays_under_400_kB() -> None:
    performance = Performance((0.001, 0.01, 0.05))
    performance.face("login.logistic")
    for at, (score, abuse) in enumerate(decisions(40_000, base_rate=0.3)):
        performance.add(score, abuse, at * 1_000, at * 1_000 + DAY_MS, rival=score)
    assert 300_000 < len(performance.encode()) < 400_000


def test_a_label_costs_no_more_than_twice_what_rivers_logistic_regression_takes_to_learn_it() -> None:
    labelled = decisions(3_000)
    performance = filled(25_000)
    performance.face("login.logistic")
    model = preprocessing.StandardScaler() | linear_model.LogisticRegression()
    features = {f"f{number}": number / 48 for number in range(48)}
    took: list[tuple[float, float]] = []
    for _ in range(3):
        began = time.process_time()
        for at, (score, abuse) in enumerate(labelled):
            performance.add(score, abuse, 10**8 + at, 10**8 + at, rival=0.5)
        middle = time.process_time()
        for _, abuse in labelled:
            model.learn_one(features, abuse)
        took.append((middle - began, time.process_time() - middle))
    assert min(one for one, _ in took) < 2 * min(other for _, other in took)
