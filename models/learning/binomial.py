"""How many may exceed by chance: exact binomial bounds."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def most_below(n: int, rate: float, doubt: float) -> int:
    """The greatest k with P(at most k of n) <= ``doubt`` if each happens with probability ``rate``; -1 if none.

    If only k of n did, ``rate`` is the upper end of the one-sided interval of Clopper and Pearson ("The use of
    confidence or fiducial limits illustrated in the case of the binomial", Biometrika 26, 1934) for the true one.
    """
    if n <= 0 or rate <= 0.0:
        return -1
    return int(np.searchsorted(_at_most(n, rate), doubt, side="right")) - 1


def least_above(n: int, rate: float, doubt: float) -> int:
    """The least k with P(more than k of n) <= ``doubt`` if each happens with probability ``rate``."""
    if n <= 0 or rate <= 0.0:
        return 0
    return int(np.searchsorted(_at_most(n, rate), 1.0 - doubt, side="left"))


def _at_most(n: int, rate: float) -> NDArray[np.float64]:
    """P(at most k of n) for k = 0, 1, … up to where it is 1 but for rounding; ``rate`` is above 0 and below 1."""
    mean = n * rate
    most = min(n, math.ceil(mean + 10 * math.sqrt(mean)) + 20)
    k = np.arange(1, most + 1, dtype=np.float64)
    steps = np.log((n - k + 1) / k) + (math.log(rate) - math.log1p(-rate))
    logs = np.concatenate([[0.0], np.cumsum(steps)]) + n * math.log1p(-rate)
    return np.cumsum(np.exp(logs))
