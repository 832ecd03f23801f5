"""Half-space trees: how unusual a vector is among the recent ones, learned from every verdict without labels."""

from __future__ import annotations

from collections.abc import Sequence

from river import anomaly, compose, preprocessing

from models.scorers.base import Features

WINDOW = 1000


class HalfSpace:
    """River's ``MinMaxScaler | HalfSpaceTrees`` (Tan, Ting and Liu, IJCAI 2011). High scores mean unusual.

    It scores 0 until one window of ``WINDOW`` events has passed, and is ready from then on.
    """

    learns_from = "verdicts"

    def __init__(self) -> None:
        self._learned = 0
        self._model = compose.Pipeline(
            preprocessing.MinMaxScaler(),
            anomaly.HalfSpaceTrees(n_trees=10, height=8, window_size=WINDOW, seed=1),
        )

    def score_many(self, vectors: Sequence[Features]) -> list[float]:
        return [min(1.0, max(0.0, float(self._model.score_one(vector)))) for vector in vectors]

    def learn(self, vector: Features, abuse: bool | None) -> None:
        self._learned += 1
        self._model.learn_one(vector)

    @property
    def ready(self) -> bool:
        return self._learned >= WINDOW

    @property
    def learned(self) -> int:
        return self._learned
