"""How many may exceed by chance: exact binomial bounds."""

from __future__ import annotations

import math

import numpy as np


def most_below(n: int, rate: float, doubt: float) -> int:
    """The greatest k with P(at most k of n) <= ``doubt`` if each happens with probability ``rate``; -1 if none.

    If only k of n did, ``rate`` is the upper end of the one-sided interval of Clopper and Pearson ("The use of
    confidence or fiducial limits illustrated in the case of the binomial", Biometrika 26, 1934) for the true one.
    """
    if n <= 0 or rate <= 0.0:
        return -1
    if rate >= 1.0:
        return n - 1
    # Beyond the mean the sum is above one half, whatever the doubt.
    most = min(n, math.ceil(n * rate) + 1)
    k = np.arange(1, most + 1, dtype=np.float64)
    steps = np.log((n - k + 1) / k) + (math.log(rate) - math.log1p(-rate))
    logs = np.concatenate([[0.0], np.cumsum(steps)]) + n * math.log1p(-rate)
    return int(np.searchsorted(np.cumsum(np.exp(logs)), doubt, side="right")) - 1


def least_above(n: int, rate: float, doubt: float) -> int:
    """The least k with P(more than k of n) <= ``doubt`` if each happens with probability ``rate``."""
    return n - 1 - most_below(n, 1.0 - rate, doubt)
