"""One Page-Hinkley test a column, by River, on how far each hour's mean has moved: a lasting change adds up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from river.drift import PageHinkley

from models.drift.likeness import Compared
from models.drift.scale import Array

# In summed standard deviations, by what a column's name begins with: the more columns, the more chances to err.
# Errors have drifted only where they grew.
THRESHOLDS = {"data": 26.0, "score": 20.0, "mix": 20.0, "concept": 16.0}
_ONE_SIDED = "concept"
# In standard deviations: one wild hour is no drift, and what moves by less than the second does not add up.
_CLIP = 3.0
_DELTA = 0.4
_LEAST_HOURS = 12
_WEEK_HOURS = 168
# What is named beside a column that tripped: one that has gathered this part of the threshold.
_NEARLY = 0.5
# An hour that moves while so much has gathered is no reference for later ones: a change must not soon hide itself.
_SUSPECT = 0.25
# Means before and after are those of about so many hours.
_FADE = 0.8


class Turns:
    """``tests``: of d columns; ``recent``: faded sums of their weights, means before and after, and sizes, (4, d).

    ``suspect``: the columns whose last hour is no reference for later ones, nor for what is usual noise.
    """

    def __init__(self) -> None:
        self.tests: list[Any] = []
        self.recent: Array = np.zeros((4, 0))
        self.suspect = np.zeros(0, dtype=bool)

    def arrange(self, names: Sequence[str], positions: Sequence[int]) -> None:
        """Columns anew: each from its old position, or -1 for a new one."""
        self.tests = [
            self.tests[at] if at >= 0 else new_test(name) for name, at in zip(names, positions, strict=True)
        ]
        self.suspect = np.array([at >= 0 and bool(self.suspect[at]) for at in positions], dtype=bool)
        padded = np.concatenate([self.recent, np.zeros((4, 1))], axis=1)
        self.recent = np.ascontiguousarray(padded[:, np.array(positions, dtype=np.int64)])

    def update(self, compared: Compared, counts: Array) -> dict[int, bool]:
        """The columns that move, each with whether its test has tripped now; others are on the way."""
        there = ~np.isnan(compared.moved)
        weights = np.where(there, counts, 0.0)
        news = weights * np.stack([np.ones_like(weights), compared.before, compared.after, compared.sizes])
        self.recent = np.where(there, _FADE * self.recent + np.where(there, news, 0.0), self.recent)
        steps = np.clip(np.where(there, compared.moved, 0.0), -_CLIP, _CLIP)
        found = {}
        self.suspect = np.zeros(len(there), dtype=bool)
        for at in np.flatnonzero(there).tolist():
            test = self.tests[at]
            test.update(float(steps[at]))
            gathered = _gathered(test) / test.threshold
            self.suspect[at] = gathered > _SUSPECT and abs(steps[at]) > _DELTA
            if test.drift_detected or gathered > _NEARLY:
                found[at] = test.drift_detected
        return found

    def means(self, at: int) -> tuple[float, float, float]:
        """Of a column that moved: its mean before and after, on the scale, and the size in standard deviations."""
        weight, before, after, size = self.recent[:, at].tolist()
        return before / weight, after / weight, size / weight


def new_test(name: str) -> Any:
    """The test of a column of that name."""
    what = name.partition(":")[0]
    mode = "up" if what == _ONE_SIDED else "both"
    test = PageHinkley(min_instances=_LEAST_HOURS, delta=_DELTA, threshold=THRESHOLDS[what], mode=mode)
    # It looks at how far values are from their own mean, which is 0 by design: a change must not move it soon.
    test._x_mean.update(0.0, _WEEK_HOURS)
    return test


def _gathered(test: Any) -> float:
    """How much has added up."""
    up = test._sum_increase - test._min_increase
    return float(up if test.mode == "up" else max(up, test._max_decrease - test._sum_decrease))
