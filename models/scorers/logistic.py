"""Logistic regression on standardised features, learned online from labels."""

from __future__ import annotations

from collections.abc import Sequence

from river import compose, linear_model, optim, preprocessing

from models.scorers.base import Features


class Logistic:
    """River's ``StandardScaler | LogisticRegression``. High scores mean abuse.

    ``min_labels``: it is ready once it has learned so many examples of each class.
    """

    learns_from = "labels"

    def __init__(self, min_labels: int) -> None:
        self._min_labels = min_labels
        self._seen = {True: 0, False: 0}
        self._model = compose.Pipeline(
            preprocessing.StandardScaler(), linear_model.LogisticRegression(optimizer=optim.SGD(0.02))
        )

    def score_many(self, vectors: Sequence[Features]) -> list[float]:
        return [float(self._model.predict_proba_one(vector)[True]) for vector in vectors]

    def learn(self, vector: Features, abuse: bool | None) -> None:
        assert abuse is not None
        self._seen[abuse] += 1
        self._model.learn_one(vector, abuse)

    def contributions(self, vector: Features) -> list[tuple[str, float]]:
        """Weight times standardised value, in log-odds; with the intercept they add up to the score's."""
        weights = self._model["LogisticRegression"].weights
        standardised = self._model["StandardScaler"].transform_one(vector)
        found = [(name, float(weights[name] * value)) for name, value in standardised.items() if name in weights]
        return sorted(found, key=lambda one: -abs(one[1]))

    @property
    def ready(self) -> bool:
        return min(self._seen.values()) >= self._min_labels

    @property
    def learned(self) -> int:
        return sum(self._seen.values())
