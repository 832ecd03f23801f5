"""Legitimate decisions under a promise: each is decided by the thresholds of its moment, its label is late."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from models.learning.performance import Performance
from models.learning.threshold import rate_name

STEP_MS = 1_000
# Decisions from one checkpoint to the next.
CHECKPOINT = 20


@dataclass(frozen=True)
class Kept:
    """``open``: whether a threshold was in force, ``wrong``: whether it was reached, decision by decision;
    ``performance``: as it is at the end."""

    wrong: np.ndarray
    open: np.ndarray
    performance: Performance

    def rate(self, start: int = 0, end: int | None = None) -> float:
        return float(self.wrong[start:end].mean())


def keep(scores: np.ndarray, rate: float, *, late: int = 0, abuse: float = 0.02) -> Kept:
    """``scores``: raw ones of legitimate decisions in order; labels come ``late`` decisions afterwards.

    Some labelled ``abuse`` of high scores is mixed in.
    """
    performance = Performance((rate,))
    rng = np.random.default_rng(1)
    name = rate_name(rate)
    wrong, opened = np.zeros(len(scores), dtype=bool), np.zeros(len(scores), dtype=bool)
    waiting: deque[tuple[int, float, bool, bool]] = deque()
    value, calibration = None, performance.calibration
    for at, score in enumerate(scores.tolist()):
        if at % CHECKPOINT == 0:
            threshold = performance.thresholds((rate,)).get(name)
            calibration = performance.calibration
            value = threshold.value if threshold is not None and not threshold.thin else None
        opened[at] = value is not None
        wrong[at] = value is not None and calibration.apply(score) >= value
        waiting.append((at, score, bool(opened[at]), bool(wrong[at])))
        if len(waiting) > late:
            when, told, had, reached = waiting.popleft()
            performance.add(told, False, when * STEP_MS, at * STEP_MS, reached={name: reached} if had else {})
            if rng.random() < abuse:
                performance.add(float(rng.beta(8, 2)), True, when * STEP_MS, at * STEP_MS, reached={})
    return Kept(wrong, opened, performance)
