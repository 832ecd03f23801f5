"""Half-space trees: how unusual a vector is among the recent ones, learned from every verdict without labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from river import anomaly, compose, preprocessing

from models.scorers.base import Batch, Scorer

WINDOW = 1000


class HalfSpace(Scorer):
    """River's ``MinMaxScaler | HalfSpaceTrees`` (Tan, Ting and Liu, IJCAI 2011). High scores mean unusual.

    It scores 0 until one window of ``WINDOW`` events has passed, and is ready from then on.
    """

    learns_from: ClassVar[Literal["labels", "verdicts"]] = "verdicts"

    def __init__(self, inputs: tuple[str, ...]) -> None:
        self.inputs = inputs
        self._learned = 0
        self._model = compose.Pipeline(
            preprocessing.MinMaxScaler(),
            anomaly.HalfSpaceTrees(n_trees=10, height=8, window_size=WINDOW, seed=1),
        )

    def score_many(self, batch: Batch) -> list[float]:
        rows = batch.matrix.tolist()
        scores = (float(self._model.score_one(dict(zip(self.inputs, row, strict=True)))) for row in rows)
        return [min(1.0, max(0.0, score)) for score in scores]

    def learn(self, batch: Batch, abuse: Sequence[bool] | None, weights: Sequence[float] | None = None) -> None:
        for row in batch.matrix.tolist():
            self._learned += 1
            self._model.learn_one(dict(zip(self.inputs, row, strict=True)))

    @property
    def ready(self) -> bool:
        return self._learned >= WINDOW

    @property
    def learned(self) -> int:
        return self._learned
