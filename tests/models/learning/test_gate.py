"""The gate says what is missing, in words, and lets a better challenger pass."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from models.learning.calibration import fit
from models.learning.figures import Beside, Figures, Recall
from models.learning.gate import Gate
from models.learning.performance import Performance

GATE = Gate()
GOOD = Figures(
    abuse=400,
    legit=1_600,
    calibration_error=0.02,
    beside=Beside(
        champion="login.logistic",
        abuse=400,
        legit=1_600,
        evidence=250.0,
        gain=0.01,
        of_late=0.01,
        noise=0.01,
        recall={"0.01": Recall(0.01, own=0.8, champion=0.7, noise=0.02)},
    ),
)


def beside(**changes: object) -> Figures:
    assert GOOD.beside is not None
    return msgspec.structs.replace(GOOD, beside=msgspec.structs.replace(GOOD.beside, **changes))


def reasons(figures: Figures = GOOD, *, champion: str = "login.logistic", **known: object) -> tuple[str, ...]:
    judgement = GATE.judge(figures, champion, **{"ready": True, "cost_us": 3.0, "drifting": (), **known})
    assert not judgement.passed
    return judgement.reasons


def test_one_of_which_all_is_well_passes_and_it_says_on_what_evidence() -> None:
    judgement = GATE.judge(GOOD, "login.logistic", ready=True, cost_us=3.0)
    assert judgement.passed
    assert judgement.reasons == ("evidence 250.0 of 100 that it is better",)


def test_what_is_missing_is_told_with_numbers() -> None:
    assert reasons(ready=False) == ("it is still warming: it has not learned enough for its score to count",)
    assert reasons(cost_us=250.0) == ("takes 250.0 µs an event, at most 200 are allowed",)
    assert reasons(cost_us=None) == ("its cost has not been measured: it has scored nothing yet",)
    assert reasons(drifting=["log loss 0.31 of late, 0.12 before"]) == (
        "drifting: log loss 0.31 of late, 0.12 before",
    )
    assert reasons(beside(evidence=3.21)) == ("evidence 3.2 of 100 that it is better",)
    assert reasons(beside(abuse=100, legit=0)) == (
        "needs 400 more labelled decisions",
        "needs 50 more labels of legitimate decisions",
    )
    assert reasons(beside(abuse=20)) == ("needs 30 more labels of abuse decisions",)
    assert reasons(beside(of_late=-0.03)) == ("of late it has been worse: Brier score 0.0300 above the champion's",)
    assert reasons(beside(recall={"0.001": Recall(0.001, own=0.6, champion=0.7, noise=0.04)})) == (
        "at 0.10% false positives it finds 60.0% of the abuse, the champion 70.0%",
    )


def test_what_may_be_chance_does_not_stop_it() -> None:
    for figures in (
        beside(of_late=-0.015),
        beside(recall={"0.001": Recall(0.001, own=0.65, champion=0.7, noise=0.04)}),
        msgspec.structs.replace(GOOD, calibration_error=0.07, calibration_noise=0.03),
    ):
        assert GATE.judge(figures, "login.logistic", ready=True, cost_us=3.0).passed


def test_scores_that_are_no_probabilities_stop_it() -> None:
    wrong = msgspec.structs.replace(GOOD, calibration_error=0.09, calibration_noise=0.02)
    assert reasons(wrong) == ("calibration error 0.090, at most 0.05 is asked for",)
    unknown = msgspec.structs.replace(GOOD, calibration_error=None)
    assert reasons(unknown) == ("its calibration is not known: it needs labels of both classes",)


def test_evidence_against_a_champion_of_yesterday_does_not_count() -> None:
    assert reasons(champion="login.stack") == ("needs 500 more labelled decisions that login.stack has scored too",)
    assert len(reasons(Figures(abuse=0, legit=0), ready=False, cost_us=None)) == 4


def duel(seed: int, n: int, spread: float, *, base_rate: float = 0.3) -> int | None:
    """After how many labels a challenger that sees the truth through noise of ``spread`` passes a champion whose
    noise is 2; the gate is asked after every 50th label."""
    rng = np.random.default_rng(seed)
    abuse = rng.random(n) < base_rate
    seen = [np.where(abuse, 1.5, -1.5) + width * rng.standard_normal(n) for width in (spread, 2.0)]
    own, champion = (1 / (1 + np.exp(-one)) for one in seen)
    calibration = fit(champion, abuse)
    performance = Performance((0.01,))
    performance.face("login.logistic")
    for at in range(n):
        rival = calibration.apply(float(champion[at]))
        performance.add(float(own[at]), bool(abuse[at]), at * 1_000, at * 1_000, rival)
        if at % 50 == 49:
            figures = performance.figures()
            if GATE.judge(figures, "login.logistic", ready=True, cost_us=3.0).passed:
                return at + 1
    return None


def test_a_clearly_better_challenger_passes_within_1500_labels_calibration_and_all() -> None:
    assert all(duel(seed, 1_500, 0.8) is not None for seed in range(6))


@pytest.mark.parametrize("spread", [2.0, 2.3])
def test_an_equal_or_worse_one_is_not_let_through(spread: float) -> None:
    assert [duel(seed, 2_000, spread) for seed in range(12)] == [None] * 12
