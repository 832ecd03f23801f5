"""One score from several models': a logistic regression over the log-odds of what they said."""

from __future__ import annotations

import math
from collections.abc import Sequence

from models.scorers import arithmetic
from models.scorers.base import Batch, Contributions, Scorer

# AdaGrad's (Duchi, Hazan and Singer, JMLR 2011): each weight finds its own pace, whatever the models' log-odds span.
RATE = 0.1
# Log-odds are cut at a probability of 1e-12: beyond it, a model that is sure says nothing more.
_SUREST = 1e-12
_HOW = "exact: each model's log-odds times its weight, beside the model's constant"


class StackScorer(Scorer):
    """Learns from the scores that its models gave when they decided. High scores mean abuse.

    ``stacks``: the models' names. Their weights are never negative, so that no score falls where one of theirs rises.
    Before it has learned, its score is that of the mean of their log-odds. A model that failed (NaN) counts 0, as if
    it were undecided; where all failed there is no score (NaN), and nothing to learn.
    ``min_labels``: it is ready once it has learned so many examples of each class.
    """

    def __init__(self, stacks: tuple[str, ...], min_labels: int) -> None:
        self.stacks = stacks
        self._min_labels = min_labels
        self._seen = {True: 0, False: 0}
        self._intercept = 0.0
        self._weights = [1 / len(stacks) for _ in stacks]
        # Sums of squared gradients, the intercept's last.
        self._squares = [1.0 for _ in (*stacks, "")]

    def score_many(self, batch: Batch) -> list[float]:
        return [math.nan if said is None else _probability(self._log_odds(said)) for said in self._said(batch)]

    def learn(self, batch: Batch, abuse: Sequence[bool] | None, weights: Sequence[float] | None = None) -> None:
        assert abuse is not None
        for number, said in enumerate(self._said(batch)):
            if said is None:
                continue
            label = bool(abuse[number])
            self._seen[label] += 1
            weight = 1.0 if weights is None else float(weights[number])
            gradient = arithmetic.log_loss_gradient(label, self._log_odds(said), weight)
            for column, log_odds in enumerate(said):
                step = self._step(column, gradient * log_odds)
                self._weights[column] = max(0.0, self._weights[column] - step)
            self._intercept -= self._step(-1, gradient)

    def _step(self, column: int, gradient: float) -> float:
        self._squares[column] += gradient * gradient
        return RATE * gradient / math.sqrt(self._squares[column])

    def _said(self, batch: Batch) -> list[tuple[float, ...] | None]:
        """By event, the log-odds of each model's score; None where no model has one."""
        nothing = [math.nan] * len(batch)
        scores = (batch.scores.get(name) for name in self.stacks)
        columns = [nothing if one is None else [float(score) for score in one] for one in scores]
        return [
            None if all(map(math.isnan, row)) else tuple(map(_log_odds, row)) for row in zip(*columns, strict=True)
        ]

    def _log_odds(self, said: tuple[float, ...]) -> float:
        return sum((weight * one for weight, one in zip(self._weights, said, strict=True)), self._intercept)

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


def _probability(log_odds: float) -> float:
    """River's sigmoid is 1 from 30 on, where two sure models already tie."""
    return 1 / (1 + math.exp(-max(log_odds, -700.0)))
