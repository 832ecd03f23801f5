"""One score from several models': the mean of their log-odds, weighted by a logistic regression on labels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

from models.scorers import arithmetic
from models.scorers.base import Batch, Contributions, Scorer

# How fast weights move: quickly while a few hundred labels have to tell a good model from a poor one, then steadily.
_FIRST_RATE, _LAST_RATE, _HALF_LIFE = 0.3, 0.01, 100
_SCALE_RATE, _INTERCEPT_RATE = 0.02, 0.01
# No label changes a weight by more than this factor's exponent, and no weight falls so low that it cannot come back.
_LARGEST_STEP, _SMALLEST = 1.0, 0.01
_SCALES = (0.1, 10.0)
# Log-odds are cut at a probability of 1e-12: beyond it, a model that is sure says nothing more.
_SUREST = 1e-12
_HOW = "exact: parts of the log-odds, of each model's score times its weight"


class StackScorer(Scorer):
    """Learns from the scores that its models gave when they decided. High scores mean abuse.

    ``stacks``: the models' names. Their weights are positive and add up to 1: no score falls where one of theirs
    rises, and a score means the same from day to day. They are learned by exponentiated gradient (Kivinen, Warmuth,
    Information and Computation 132, 1997) as those of a logistic regression whose scale and constant are learned
    beside them, and left to calibration. Before it has learned, all weigh the same.
    A model that failed (NaN) counts 0, as if it were undecided; where all failed there is no score (NaN), and nothing
    to learn. ``min_labels``: it is ready once it has learned so many examples of each class.
    """

    # What it weighs are probabilities already: on the first 2,000 mails it did better with examples as they come.
    balanced: ClassVar[bool] = False

    def __init__(self, stacks: tuple[str, ...], min_labels: int) -> None:
        self.stacks = stacks
        self._min_labels = min_labels
        self._seen = {True: 0, False: 0}
        self._weights = [1 / len(stacks) for _ in stacks]
        self._scale, self._intercept = 1.0, 0.0

    def score_many(self, batch: Batch) -> list[float]:
        return [math.nan if said is None else arithmetic.sigmoid(self._mean(said)) for said in self._said(batch)]

    def learn(self, batch: Batch, abuse: Sequence[bool] | None, weights: Sequence[float] | None = None) -> None:
        assert abuse is not None
        for number, said in enumerate(self._said(batch)):
            if said is None:
                continue
            self._learn(said, bool(abuse[number]), 1.0 if weights is None else float(weights[number]))

    def _learn(self, said: tuple[float, ...], abuse: bool, weight: float) -> None:
        rate = _LAST_RATE + (_FIRST_RATE - _LAST_RATE) / (1 + self.learned / _HALF_LIFE)
        mean, scale = self._mean(said), self._scale
        gradient = arithmetic.log_loss_gradient(abuse, scale * mean + self._intercept, weight)
        raised = [
            one * _exponent(-rate * gradient * scale * log_odds)
            for one, log_odds in zip(self._weights, said, strict=True)
        ]
        kept = [max(one / sum(raised), _SMALLEST) for one in raised]
        self._weights = [one / sum(kept) for one in kept]
        self._scale = min(_SCALES[1], max(_SCALES[0], scale * _exponent(-_SCALE_RATE * gradient * mean)))
        self._intercept -= _INTERCEPT_RATE * max(-_LARGEST_STEP, min(_LARGEST_STEP, gradient))
        self._seen[abuse] += 1

    def _said(self, batch: Batch) -> list[tuple[float, ...] | None]:
        """By event, the log-odds of each model's score; None where no model has one."""
        nothing = [math.nan] * len(batch)
        scores = (batch.scores.get(name) for name in self.stacks)
        columns = [nothing if one is None else [float(score) for score in one] for one in scores]
        return [
            None if all(map(math.isnan, row)) else tuple(map(_log_odds, row)) for row in zip(*columns, strict=True)
        ]

    def _mean(self, said: tuple[float, ...]) -> float:
        return sum(weight * one for weight, one in zip(self._weights, said, strict=True))

    @property
    def ready(self) -> bool:
        return min(self._seen.values()) >= self._min_labels

    @property
    def learned(self) -> int:
        return sum(self._seen.values())

    def contributions(self, batch: Batch) -> list[Contributions]:
        """By the models' names."""
        return [self._contributions(said) for said in self._said(batch)]

    def _contributions(self, said: tuple[float, ...] | None) -> Contributions:
        if said is None:
            return Contributions((), _HOW)
        parts = (weight * one for weight, one in zip(self._weights, said, strict=True))
        return Contributions.of(zip(self.stacks, parts, strict=True), _HOW)


def _log_odds(score: float) -> float:
    if math.isnan(score):
        return 0.0
    score = min(1 - _SUREST, max(_SUREST, score))
    return math.log(score / (1 - score))


def _exponent(step: float) -> float:
    return math.exp(max(-_LARGEST_STEP, min(_LARGEST_STEP, step)))
