"""A naive Bayes term: what the features that tell most have to say, by how many mails of each class had them.

It knows much after few mails, when the linear model knows little.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

COEFFICIENT: Final = 0.008
# Counts are kept in sixteenths of a mail: an example's weight is honoured to that.
_UNIT: Final = 16
_MOST: Final = 65_535
_HEAVIEST: Final = 1000.0
_STRONGEST: Final = 50
_DOUBT: Final = 0.1
_FURTHEST: Final = np.float32(3)

Counts = NDArray[np.uint16]


def evidence(counts: Counts, legit: float, abuse: float) -> NDArray[np.float32]:
    """What each feature adds to the log-odds: 0 but for the 50 strongest.

    ``counts``: of n features, in how many legitimate mails (column 0) and abusive ones (1), of so many in all. What
    was never met leans towards the class that is rarer so far.
    """
    found = np.zeros(len(counts), np.float32)
    if not legit or not abuse:
        return found
    likely = np.log(counts.astype(np.float32) + np.float32(_DOUBT * _UNIT))
    odds = likely[:, 1] - likely[:, 0] + np.float32(math.log((legit + 2 * _DOUBT) / (abuse + 2 * _DOUBT)))
    if len(odds) <= _STRONGEST:
        return (np.float32(COEFFICIENT) * np.clip(odds, -_FURTHEST, _FURTHEST)).astype(np.float32)
    strongest = np.argpartition(np.abs(odds), -_STRONGEST)[-_STRONGEST:]
    found[strongest] = np.float32(COEFFICIENT) * np.clip(odds[strongest], -_FURTHEST, _FURTHEST)
    return found


def counted(counts: Counts, abuse: bool, weight: float) -> Counts:
    """The counts after one more mail; those that would not fit are halved for both classes."""
    wide = counts.astype(np.uint32)
    wide[:, int(abuse)] += round(min(weight, _HEAVIEST) * _UNIT)
    wide[wide.max(axis=1) > _MOST] >>= 1
    return wide.astype(np.uint16)
