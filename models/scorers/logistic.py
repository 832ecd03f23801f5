"""Logistic regression on standardised features, learned online from labels."""

from __future__ import annotations

from collections.abc import Sequence

from river import compose, linear_model, optim, preprocessing

from models.scorers.base import Batch, Contributions, Scorer


class Logistic(Scorer):
    """River's ``StandardScaler | LogisticRegression``. High scores mean abuse.

    ``min_labels``: it is ready once it has learned so many examples of each class.
    """

    def __init__(self, inputs: tuple[str, ...], min_labels: int) -> None:
        self.inputs = inputs
        self._min_labels = min_labels
        self._seen = {True: 0, False: 0}
        self._model = compose.Pipeline(
            preprocessing.StandardScaler(), linear_model.LogisticRegression(optimizer=optim.SGD(0.02))
        )

    def score_many(self, batch: Batch) -> list[float]:
        rows = batch.matrix.tolist()
        return [float(self._model.predict_proba_one(dict(zip(self.inputs, row, strict=True)))[True]) for row in rows]

    def learn(self, batch: Batch, abuse: Sequence[bool] | None, weights: Sequence[float] | None = None) -> None:
        assert abuse is not None
        counts = weights if weights is not None else [1.0] * len(batch)
        for row, label, weight in zip(batch.matrix.tolist(), abuse, counts, strict=True):
            self._seen[label] += 1
            self._model.learn_one(dict(zip(self.inputs, row, strict=True)), label, w=weight)

    @property
    def ready(self) -> bool:
        return min(self._seen.values()) >= self._min_labels

    @property
    def learned(self) -> int:
        return sum(self._seen.values())

    def contributions(self, batch: Batch) -> list[Contributions]:
        weights, found = self._model["LogisticRegression"].weights, []
        for row in batch.matrix.tolist():
            standardised = self._model["StandardScaler"].transform_one(dict(zip(self.inputs, row, strict=True)))
            parts = [(name, float(weights.get(name, 0.0) * value)) for name, value in standardised.items()]
            found.append(Contributions(tuple(sorted(parts, key=lambda one: -abs(one[1]))), "exact: log-odds"))
        return found
