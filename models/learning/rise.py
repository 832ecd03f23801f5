"""Whether the newest scores are higher than those before them, and since when."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# The shares of the older scores above the two levels whose crossings are counted, where thresholds lie.
_LEVELS = (0.1, 0.01)
# How often a rise may be seen in one look where there is none.
_DOUBT = 1e-6
# A rise that is certain and small is left to the threshold, which follows: it is not worth forgetting the rest for.
_FACTOR = 1.5
_LEAST, _MOST = 32, 4096


def since_rise(scores: Floats) -> int | None:
    """How many of the newest ``scores`` (in order of time) came after a rise of their upper tail; None: none is seen.

    Cuts at the newest 32, 64, 128, … are tried, as ADWIN does (Bifet and Gavaldà, "Learning from time-changing data
    with adaptive windowing", SDM 2007), each for the share above a level that the older ones set, by Chernoff's bound
    with the harmonic mean of both counts: m KL(newer || older) > ln(tries / doubt). Falls are not looked for: they
    only make a threshold too careful.
    """
    newest = min(_MOST, len(scores) // 2)
    if newest < _LEAST:
        return None
    cuts = np.array([_LEAST << i for i in range((newest // _LEAST).bit_length())])
    older, newer = scores[:-newest], scores[-newest:]
    enough = math.log(len(_LEVELS) * len(cuts) / _DOUBT)
    best, found = enough, None
    for share in _LEVELS:
        place = len(older) - 1 - int(share * len(older))
        level = np.partition(older, place)[place]
        before = (int(np.count_nonzero(older > level)) + 1) / (len(older) + 1)
        after = np.cumsum((newer > level)[::-1])[cuts - 1] / cuts
        counted = 1.0 / (1.0 / cuts + 1.0 / len(older))
        evidence = np.where(after > _FACTOR * before, counted * _divergence(after, before), 0.0)
        top = int(np.argmax(evidence))
        if evidence[top] > best:
            best, found = float(evidence[top]), int(cuts[top])
    return found


def _divergence(p: Floats, q: float) -> Floats:
    """Kullback and Leibler's, of one coin from another, in nats."""
    with np.errstate(divide="ignore", invalid="ignore"):
        heads = np.where(p > 0, p * np.log(p / q), 0.0)
        tails = np.where(p < 1, (1 - p) * np.log((1 - p) / (1 - q)), 0.0)
    return heads + tails
