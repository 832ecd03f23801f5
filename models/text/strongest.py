"""A naive Bayes term: what the features that tell most have to say, by how many mails of each class had them.

It knows much after few mails, when the linear model knows little.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

_COEFFICIENT: Final = np.float32(0.008)
# Counts are kept in sixteenths of a mail: an example's weight is honoured to that.
_UNIT: Final = 16
_MOST: Final = 65_535
_HEAVIEST: Final = 1000.0
_STRONGEST: Final = 50
_DOUBT: Final = 0.1
_FURTHEST: Final = np.float32(3)

Counts = NDArray[np.uint16]
# The counts of both classes side by side.
Pairs = NDArray[np.uint32]
Odds = NDArray[np.float32]


def odds_of(counts: Counts, legit: float, abuse: float) -> Odds:
    """Each feature's log-odds, at most 3 to either side; what was never met leans towards the rarer class.

    ``counts``: of n features, in how many legitimate mails (column 0) and abusive ones (1), of so many in all.
    """
    likely = np.log(counts.astype(np.float32) + np.float32(_DOUBT * _UNIT))
    shift = math.log((legit + 2 * _DOUBT) / (abuse + 2 * _DOUBT))
    odds: Odds = likely[:, 1] - likely[:, 0]
    odds += np.float32(shift)
    return odds


def strongest(odds: Odds) -> float:
    """The sum of the 50 that are furthest from 0, each cut to 3 and scaled: what they add to the log-odds."""
    if len(odds) > 2 * _STRONGEST:
        ordered = np.sort(odds)
        odds = np.concatenate((ordered[:_STRONGEST], ordered[-_STRONGEST:]))
    if len(odds) > _STRONGEST:
        odds = odds[np.abs(odds).argsort(kind="stable")[-_STRONGEST:]]
    return float(_cut(odds).sum(dtype=np.float64))


def shares(odds: Odds) -> Odds:
    """How much of the sum of the strongest each feature has: those that are as weak as the last of them share it."""
    found = np.zeros(len(odds), np.float32)
    size = np.abs(odds)
    least = np.sort(size)[-_STRONGEST] if len(odds) > _STRONGEST else np.float32(-1)
    sure = size > least
    found[sure] = _cut(odds[sure])
    rest = size == least
    if rest.any():
        found[rest] = (strongest(odds) - found.sum(dtype=np.float64)) / np.count_nonzero(rest)
    return found


def _cut(odds: Odds) -> Odds:
    return np.minimum(np.maximum(odds, -_FURTHEST), _FURTHEST) * _COEFFICIENT


def counted(pairs: Pairs, abuse: bool, weight: float) -> Pairs:
    """The counts after one more mail; those that would not fit are halved for both classes."""
    wide = pairs.view(np.uint16).reshape(-1, 2).astype(np.uint32)
    wide[:, int(abuse)] += round(min(weight, _HEAVIEST) * _UNIT)
    wide[wide.max(axis=1) > _MOST] >>= 1
    return wide.astype(np.uint16).view(np.uint32).ravel()
