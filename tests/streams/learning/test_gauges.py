"""A checkpoint's worth stands in the metrics, by hand-counted labels, and goes with what it spoke of."""

from __future__ import annotations

import pytest
from prometheus_client import REGISTRY
from support.events import CATALOGUES

from models.band import Band
from models.learning.learner import ModelLearner
from models.policy import Policy
from models.registry import Manifest
from models.scorers import Logistic
from streams.learning.gauges import Gauges
from streams.learning.manifests import manifest_of

LOGIN = CATALOGUES["login"]
MODEL = "login.gauged"
POLICY = Policy(bands=(Band("review", 0.5), Band("block", max_false_positive_rate=0.01)))


def value(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, {"model": MODEL, "kind": "login", **labels})


def learner() -> ModelLearner:
    """Of 600 legitimate decisions 6 scored 0.8, of 100 abusive ones 90 scored 0.9; the others scored 0.1."""
    made = ModelLearner(MODEL, "login", Logistic(("ip.accounts_1h",), 1))
    made.performance.thresholds(POLICY.promised_rates)
    scores = [(0.8 if n < 6 else 0.1, False) for n in range(600)] + [
        (0.9 if n < 90 else 0.1, True) for n in range(100)
    ]
    for number, (score, abuse) in enumerate(scores):
        made.performance.add(score, abuse, number * 1000, number * 1000 + 60_000)
    return made


def manifest(made: ModelLearner, policy: Policy) -> Manifest:
    return manifest_of(made, MODEL, LOGIN, policy, parent="", cost_us=None, drifting=())


def test_what_a_checkpoint_is_worth_can_be_read_from_the_metrics() -> None:
    gauges, made = Gauges(), learner()
    told = manifest(made, POLICY)
    gauges.show(made, told)
    assert told.figures is not None
    # Of 90 + 6 that reached the score all but 6 were abuse, at the base rate of the newest labels.
    (at,) = told.figures.at_score
    assert value("weir_model_precision_ratio", threshold=at) == pytest.approx(90 / 96, abs=0.002)
    assert value("weir_model_recall_ratio", threshold=at) == pytest.approx(0.9)
    assert value("weir_model_false_positive_ratio", threshold=at) == pytest.approx(0.01)
    # Pairs that are in order, ties counting half: 90 x 600 and of the others 10 x 594 ties.
    auc = (90 * 600 + 10 * 594 / 2) / (100 * 600)
    assert value("weir_model_rolling_auc") == pytest.approx(auc)
    error = value("weir_model_calibration_error_ratio")
    assert error is not None
    assert 0 <= error < 0.1
    threshold = value("weir_model_threshold_ratio", rate="0.01")
    assert threshold == told.thresholds["0.01"].value
    assert value("weir_promised_ratio", rate="0.01") == 0.01
    assert value("weir_model_checkpoint_time_seconds") is None
    made_s = REGISTRY.get_sample_value("weir_model_checkpoint_time_seconds", {"model": MODEL})
    assert made_s == told.made_ms / 1000


def test_a_rate_that_the_policy_promises_no_more_and_a_model_that_is_gone_have_no_series() -> None:
    gauges, made = Gauges(), learner()
    gauges.show(made, manifest(made, POLICY))
    told = manifest(made, Policy(bands=(Band("review", 0.5),)))
    gauges.show(made, told)
    assert value("weir_model_threshold_ratio", rate="0.01") is None
    assert told.figures is not None
    (at,) = told.figures.at_score
    assert value("weir_model_recall_ratio", threshold=at) is not None
    gauges.forget(told)
    assert value("weir_model_recall_ratio", threshold=at) is None
