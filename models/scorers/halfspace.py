"""Half-space trees: how unusual a vector is among the recent ones, learned from every verdict without labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from models.scorers import arithmetic
from models.scorers.base import Batch, Contributions, Scorer, Vector
from models.scorers.halfspace_trees import HEIGHT, TREES, Masses, Trees, grown

WINDOW = 1000
# River's ``_max_score``: all of a window in every node of every path.
_MOST = TREES * WINDOW * (2 ** (HEIGHT + 1) - 1)
# Fewer events than this are walked through the trees one by one.
_MANY = 6
_CHUNK = 512
_HOW = "approximation: by how much each split on its way through the trees moves the score from a usual event's"


class HalfSpace(Scorer):
    """River's ``MinMaxScaler | HalfSpaceTrees`` of 10 trees, height 8, seed 1, to the bit, on arrays.

    Tan, Ting and Liu, "Fast anomaly detection for streaming data", IJCAI 2011. High scores mean unusual. It scores 0
    until one window of ``WINDOW`` events has passed, and is ready from then on; the masses that score are of the last
    full window. Weights mean nothing to it. River's trees split only on the features of their first event, and
    these on ``inputs``: the same, because vectors are total.
    """

    learns_from: Literal["labels", "verdicts"] = "verdicts"

    def __init__(self, inputs: tuple[str, ...]) -> None:
        self.inputs = inputs
        self._learned = 0
        self._least, self._most = np.full(len(inputs), np.inf), np.full(len(inputs), -np.inf)
        self._trees = grown(inputs)
        self._now = np.zeros(self._trees.leaves, dtype=np.int64)
        self._usual = Masses(self._now.copy(), 0.1 * WINDOW)

    def score_many(self, batch: Batch) -> list[float]:
        if not self.ready:
            return [0.0] * len(batch)
        matrix, span = arithmetic.total(batch.matrix), _span(self._least, self._most)
        if len(matrix) < _MANY:
            sums = [self._usual.walked(self._trees, row) for row in ((matrix - self._least) / span).tolist()]
        else:
            columns = np.subtract(matrix.T, self._least[:, None], order="C")
            leaves = self._trees.leaves_of(np.divide(columns, span[:, None], out=columns))
            sums = np.add.reduce(self._usual.scores[leaves], axis=0).tolist()
        return [1 - one / _MOST for one in sums]

    def learn(self, batch: Batch, abuse: Sequence[bool] | None, weights: Sequence[float] | None = None) -> None:
        matrix = arithmetic.total(batch.matrix)
        for start in range(0, len(matrix), _CHUNK):
            self._learn(matrix[start : start + _CHUNK])

    def _learn(self, matrix: Vector) -> None:
        """An event's own values move the range by which it is scaled; a window may end within the batch."""
        least = np.minimum.accumulate(np.vstack((self._least, matrix)), axis=0)[1:]
        most = np.maximum.accumulate(np.vstack((self._most, matrix)), axis=0)[1:]
        leaves = self._trees.leaves_of(np.ascontiguousarray(((matrix - least) / _span(least, most)).T))
        self._least, self._most = least[-1].copy(), most[-1].copy()
        while leaves.size:
            mine = leaves[:, : WINDOW - self._learned % WINDOW]
            self._now += np.bincount(mine.ravel(), minlength=len(self._now))
            self._learned += mine.shape[1]
            leaves = leaves[:, mine.shape[1] :]
            if self._learned % WINDOW == 0:
                self._usual, self._now = Masses(self._now, 0.1 * WINDOW), np.zeros_like(self._now)

    @property
    def ready(self) -> bool:
        return self._learned >= WINDOW

    @property
    def learned(self) -> int:
        return self._learned

    def contributions(self, batch: Batch) -> list[Contributions]:
        """With a usual event's score they add up to the score (the way of Saabas, treeinterpreter, 2014)."""
        if not self.ready:
            return [Contributions((), _HOW) for _ in range(len(batch))]
        scaled = (arithmetic.total(batch.matrix) - self._least) / _span(self._least, self._most)
        moved = self._usual.moved(self._trees, np.ascontiguousarray(scaled.T)) / -_MOST
        return [Contributions.of(zip(self.inputs, row, strict=True), _HOW) for row in moved.T.tolist()]

    def __getstate__(self) -> dict[str, Any]:
        return {
            "inputs": self.inputs,
            "learned": self._learned,
            "trees": self._trees.packed(),
            "ranges": (arithmetic.packed(self._least), arithmetic.packed(self._most)),
            "masses": (arithmetic.packed(self._now), arithmetic.packed(self._usual.leaves)),
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.inputs, self._learned, self._trees = state["inputs"], state["learned"], Trees.unpacked(state["trees"])
        self._least, self._most = map(arithmetic.unpacked, state["ranges"])
        self._now, usual = map(arithmetic.unpacked, state["masses"])
        self._usual = Masses(usual, 0.1 * WINDOW)


def _span(least: Vector, most: Vector) -> Vector:
    """``most - least``, and infinite where that is 0: River scales to 0 what has not varied."""
    span = most - least
    span[span == 0] = np.inf
    return span
