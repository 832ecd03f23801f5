"""Logistic regression on standardised features, learned online from labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from models.scorers import arithmetic
from models.scorers.base import Batch, Contributions, Scorer, Vector

RATE = 0.02
INTERCEPT_RATE = 0.01
# Examples whose running statistics are held at a time: whoever learns a million at once needs no memory for them.
_CHUNK = 512
_HOW = "exact: parts of the log-odds, beside the model's constant"


class Logistic(Scorer):
    """River's ``StandardScaler | LogisticRegression(SGD(0.02))``, to the bit, on arrays. High scores mean abuse.

    ``min_labels``: it is ready once it has learned so many examples of each class. A weight multiplies the gradient
    of its example, as River's ``w`` does; the scaler counts each example once.
    """

    def __init__(self, inputs: tuple[str, ...], min_labels: int) -> None:
        self.inputs = inputs
        self._min_labels = min_labels
        self._abuse = self._legit = 0
        self._intercept = 0.0
        self._mean, self._variance, self._weights = (np.zeros(len(inputs)) for _ in range(3))
        self._root = arithmetic.roots(self._variance)

    def score_many(self, batch: Batch) -> list[float]:
        sigmoid, intercept = arithmetic.sigmoid, self._intercept
        sums = arithmetic.weighted_sums(arithmetic.total(batch.matrix), self._mean, self._root, self._weights)
        return [sigmoid(one + intercept) for one in sums]

    def learn(self, batch: Batch, abuse: Sequence[bool] | None, weights: Sequence[float] | None = None) -> None:
        assert abuse is not None
        matrix = arithmetic.total(batch.matrix)
        for start in range(0, len(matrix), _CHUNK):
            chunk = slice(start, start + _CHUNK)
            self._learn(
                matrix[chunk], [bool(one) for one in abuse[chunk]], None if weights is None else weights[chunk]
            )

    def _learn(self, matrix: Vector, abuse: Sequence[bool], weights: Sequence[float] | None) -> None:
        standardised = self._standardised(matrix, self.learned)
        mine, intercept, step = self._weights, self._intercept, np.empty(len(self.inputs))
        for number, row in enumerate(standardised):
            np.multiply(mine, row, out=step)
            logit = float(np.add.accumulate(step, out=step)[-1]) if len(step) else 0.0
            weight = 1.0 if weights is None else float(weights[number])
            gradient = arithmetic.log_loss_gradient(abuse[number], logit + intercept, weight)
            intercept -= INTERCEPT_RATE * gradient
            np.multiply(row, gradient, out=step)
            np.multiply(step, RATE, out=step)
            np.subtract(mine, step, out=mine)
        self._intercept = intercept
        self._abuse += sum(abuse)
        self._legit += len(abuse) - sum(abuse)

    def _standardised(self, matrix: Vector, seen: int) -> Vector:
        """Each row by the running mean and variance as they are once it is counted (Welford), which are kept."""
        centred, variances = np.empty_like(matrix), np.empty_like(matrix)
        mean, variance, change, product = self._mean, self._variance, *np.empty((2, len(self.inputs)))
        for number, row in enumerate(matrix):
            seen += 1
            np.subtract(row, mean, out=change)
            np.divide(change, seen, out=product)
            np.add(mean, product, out=mean)
            np.subtract(row, mean, out=centred[number])
            np.multiply(change, centred[number], out=product)
            np.subtract(product, variance, out=product)
            np.divide(product, seen, out=product)
            np.add(variance, product, out=variance)
            variances[number] = variance
        roots = arithmetic.roots(variances)
        self._root = roots[-1].copy()
        return centred / roots

    @property
    def ready(self) -> bool:
        return min(self._abuse, self._legit) >= self._min_labels

    @property
    def learned(self) -> int:
        return self._abuse + self._legit

    def contributions(self, batch: Batch) -> list[Contributions]:
        """Weight times standardised value; with the intercept they add up to the score's log-odds."""
        parts = (arithmetic.total(batch.matrix) - self._mean) / self._root * self._weights
        return [Contributions.of(zip(self.inputs, row, strict=True), _HOW) for row in parts.tolist()]

    def __getstate__(self) -> dict[str, Any]:
        arrays = (self._mean, self._variance, self._weights)
        kept = {name: value for name, value in vars(self).items() if not isinstance(value, np.ndarray)}
        return {**kept, "arrays": tuple(arithmetic.packed(array) for array in arrays)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._mean, self._variance, self._weights = map(arithmetic.unpacked, state.pop("arrays"))
        vars(self).update(state)
        self._root = arithmetic.roots(self._variance)
