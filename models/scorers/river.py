"""Any River estimator as a scorer: a classifier learns from labels, an anomaly detector from every verdict."""

from __future__ import annotations

import copy
import inspect
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from river import anomaly, base, compose

from models.errors import ModelError
from models.scorers import arithmetic
from models.scorers.base import Batch, Contributions, Scorer

# What a detector that has no window of its own learns before its scores count.
_WARM = 1000
# A heavy example is learned so many times at most, lest one label stops the learner.
_MOST_TIMES = 100
_HOW = "approximation: how far the {of} would move if this input had its mean instead"


def as_scorer(made: Any, inputs: tuple[str, ...], min_labels: int) -> Scorer:
    """What a data scientist's ``make`` gave, as a scorer; raises ModelError for what cannot be one."""
    return made if isinstance(made, Scorer) else RiverScorer(made, inputs, min_labels)


class RiverScorer(Scorer):
    """A River classifier with ``predict_proba_one``, an anomaly detector, or a pipeline that ends in one.

    A classifier scores its probability of ``True``, which is abuse. High scores of a detector mean unusual: those of
    ``HalfSpaceTrees`` are in [0, 1] as they are, any other detector's score s becomes (1 + s / (1 + |s|)) / 2, which
    keeps the order. Raises ModelError for what can be neither, after trying it on a copy.

    ``min_labels``: a classifier is ready once it has learned so many examples of each class; a detector after its
    ``window_size``, or 1,000 events. Weights go to an estimator whose ``learn_one`` takes ``w``; others learn an
    example of weight 2.5 twice, then three times; never more than 100 times at once.
    """

    def __init__(self, estimator: Any, inputs: tuple[str, ...], min_labels: int) -> None:
        last = _last(estimator)
        detects = _detects(last)
        _try(estimator, inputs, detects)
        self.inputs = inputs
        self.learns_from: Literal["labels", "verdicts"] = "verdicts" if detects else "labels"
        self.estimator = estimator
        self._enough = int(getattr(_inner(last), "window_size", None) or _WARM) if detects else min_labels
        self._bounded = not detects or isinstance(_inner(last), anomaly.HalfSpaceTrees)
        self._weighs = "w" in inspect.signature(last.learn_one).parameters and _takes_weights(
            estimator, inputs, detects
        )
        self._seen = {True: 0, False: 0}
        self._owed = {True: 0.0, False: 0.0}
        self._mean = [0.0] * len(inputs)

    def score_many(self, batch: Batch) -> list[float]:
        return [self._score(vector) for vector in self._vectors(batch)]

    def _vectors(self, batch: Batch) -> Iterator[dict[str, float]]:
        return (dict(zip(self.inputs, row, strict=True)) for row in arithmetic.total(batch.matrix).tolist())

    def _score(self, vector: dict[str, float]) -> float:
        if self.learns_from == "labels":
            score = _probability(self.estimator, vector)
        else:
            score = float(self.estimator.score_one(vector))
            score = score if self._bounded else (1 + score / (1 + abs(score))) / 2
        if math.isnan(score):
            # An untaught MinMaxScaler scales to NaN. Later a NaN stays one, and whoever asked leaves the model out.
            return score if self.learned else 0.5
        return min(1.0, max(0.0, score))

    def learn(self, batch: Batch, abuse: Sequence[bool] | None, weights: Sequence[float] | None = None) -> None:
        for number, vector in enumerate(self._vectors(batch)):
            label = abuse is not None and bool(abuse[number])
            self._seen[label] += 1
            for column, value in enumerate(vector.values()):
                self._mean[column] += (value - self._mean[column]) / self.learned
            told = (vector,) if abuse is None else (vector, label)
            weight = 1.0 if weights is None else float(weights[number])
            if self._weighs:
                # Some of River's trees divide by it.
                if weight > 0:
                    self.estimator.learn_one(*told, w=weight)
                continue
            self._owed[label] += weight
            times = int(self._owed[label])
            self._owed[label] -= times
            for _ in range(min(times, _MOST_TIMES)):
                self.estimator.learn_one(*told)

    @property
    def ready(self) -> bool:
        if self.learns_from == "verdicts":
            return self.learned >= self._enough
        return min(self._seen.values()) >= self._enough

    @property
    def learned(self) -> int:
        return sum(self._seen.values())

    def contributions(self, batch: Batch) -> list[Contributions]:
        """One score more for every input: dear, for the few events that are asked about."""
        return [self._contributions(vector) for vector in self._vectors(batch)]

    def _contributions(self, vector: dict[str, float]) -> Contributions:
        scale, of = (_log_odds, "log-odds") if self.learns_from == "labels" else (float, "score")
        score = scale(self._score(vector))
        without = (self._score({**vector, name: mean}) for name, mean in zip(self.inputs, self._mean, strict=True))
        parts = [(name, score - scale(one)) for name, one in zip(self.inputs, without, strict=True)]
        return Contributions.of(parts, _HOW.format(of=of))


def _probability(estimator: Any, vector: dict[str, float]) -> float:
    return float(estimator.predict_proba_one(vector).get(True, 0.0))


def _log_odds(score: float) -> float:
    score = min(1 - 1e-12, max(1e-12, score))
    return math.log(score / (1 - score))


def _last(estimator: Any) -> Any:
    while isinstance(estimator, compose.Pipeline):
        if not len(estimator):
            raise ModelError("the pipeline has no steps: end it in a classifier or an anomaly detector")
        estimator = estimator._last_step
    return estimator


def _inner(detector: Any) -> Any:
    """What a filter filters by."""
    while isinstance(detector, base.AnomalyFilter | compose.Pipeline):
        detector = _last(detector.anomaly_detector if isinstance(detector, base.AnomalyFilter) else detector)
    return detector


def _detects(last: Any) -> bool:
    """Whether it is an anomaly detector; raises ModelError if it is no classifier either."""
    name = last.__name__ if isinstance(last, type) else type(last).__name__
    if isinstance(last, type):
        raise ModelError(f"{name} is a class: make an estimator of it, {name}()")
    if isinstance(_inner(last), base.SupervisedAnomalyDetector):
        raise ModelError(f"{name} looks for unusual labels, not for unusual events: use HalfSpaceTrees, for one")
    if isinstance(last, base.AnomalyDetector | base.AnomalyFilter):
        return True
    if isinstance(last, base.Classifier):
        return False
    if callable(getattr(last, "learn_one", None)):
        if callable(getattr(last, "predict_proba_one", None)):
            return False
        if callable(getattr(last, "score_one", None)):
            return True
    raise ModelError(
        f"{name} gives no probabilities: a model is a River classifier with predict_proba_one, an anomaly detector "
        "with score_one, or a pipeline that ends in one"
    )


def _takes_weights(estimator: Any, inputs: tuple[str, ...], detects: bool) -> bool:
    """A pipeline hands ``w`` on to what an anomaly filter in it wraps, too, which may not know it."""
    if "w" not in inspect.signature(_last(estimator).learn_one).parameters:
        return False
    tried = copy.deepcopy(estimator)
    try:
        tried.learn_one(dict.fromkeys(inputs, 0.0), **({} if detects else {"y": False}), w=1.0)
    except TypeError:
        return False
    return True


def _try(estimator: Any, inputs: tuple[str, ...], detects: bool) -> None:
    """Let a copy learn and score two vectors; raises ModelError with what went wrong."""
    name, tried = type(_last(estimator)).__name__, copy.deepcopy(estimator)
    try:
        for number in (0.0, 1.0):
            vector = dict.fromkeys(inputs, number)
            tried.learn_one(vector, **({} if detects else {"y": number > 0}))
            found = tried.score_one(vector) if detects else tried.predict_proba_one(vector)
            if not detects and not isinstance(found, Mapping):
                raise TypeError(f"predict_proba_one gave {type(found).__name__}, not a probability by label")
            _ = float(found) if detects else float(found.get(True, 0.0))
    except NotImplementedError as error:
        raise ModelError(
            f"{name} gives no probabilities: take a classifier with predict_proba_one, as LogisticRegression"
        ) from error
    except Exception as error:
        raise ModelError(
            f"{name} cannot learn and score a vector of {len(inputs)} numbers: {type(error).__name__}: {error}"
        ) from error
