"""What scores were worth against the truth, exactly, and how sure that is.

All of them treat equal scores as equal: nothing hangs on the order in which ties happen to stand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
Truth = NDArray[np.bool_]
Places = NDArray[np.intp]
RESAMPLES = 1000
SEED = 20020715


def auc(scores: Scores, abuse: Truth) -> float:
    """How often an abusive event scores above a legitimate one; ties count one half. 0.5 is chance, 1 perfect.

    NaN where a class is missing (Mann and Whitney 1947; Fawcett, Pattern Recognition Letters 27, 2006).
    """
    legit, bad = np.sort(scores[~abuse]), scores[abuse]
    if not len(legit) or not len(bad):
        return float("nan")
    below = np.searchsorted(legit, bad, "left")
    up_to = np.searchsorted(legit, bad, "right")
    return float((below.sum() + up_to.sum()) / 2 / len(legit) / len(bad))


def allowed(rate: str, legit: int) -> int:
    """The most legitimate events that may be flagged: floor(rate * legit), without rounding on the way."""
    return int(Fraction(rate) * legit)


def missed_at(scores: Scores, abuse: Truth, rate: str) -> int:
    """How many abusive events are missed by the best threshold that flags at most ``allowed`` legitimate ones.

    An event is flagged when its score is above the threshold. That threshold is the score of the first legitimate
    event that may not be flagged: any lower one would flag it, and all that tie with it.
    """
    legit, bad = scores[~abuse], scores[abuse]
    most = allowed(rate, len(legit))
    if most >= len(legit):
        return 0
    threshold = np.partition(legit, len(legit) - 1 - most)[len(legit) - 1 - most]
    return int(np.count_nonzero(bad <= threshold))


def recall_at(scores: Scores, abuse: Truth, rate: str) -> float:
    """The share of abusive events that is found at this rate of false positives. NaN where a class is missing."""
    bad = int(np.count_nonzero(abuse))
    return 1 - missed_at(scores, abuse, rate) / bad if 0 < bad < len(abuse) else float("nan")


def average_precision(scores: Scores, abuse: Truth) -> float:
    """Precision at each distinct threshold, weighted by the recall that it adds (Zhu 2004). 1 is perfect."""
    order = np.argsort(-scores, kind="stable")
    ranked, hits = scores[order], np.cumsum(abuse[order])
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    found = hits[last]
    return float((np.diff(found, prepend=0) * found / (last + 1)).sum() / found[-1])


def roc(scores: Scores, abuse: Truth) -> list[tuple[float, float]]:
    """(false positive rate, recall) at every distinct threshold, from (0, 0) to (1, 1)."""
    order = np.argsort(-scores, kind="stable")
    ranked, truth = scores[order], abuse[order]
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    found, flagged = np.cumsum(truth)[last], np.cumsum(~truth)[last]
    points = zip(flagged / max(1, flagged[-1]), found / max(1, found[-1]), strict=True)
    return [(0.0, 0.0), *((float(x), float(y)) for x, y in points)]


def intervals(
    abuse: Truth, statistics: Callable[[Places], Sequence[float]], resamples: int = RESAMPLES, seed: int = SEED
) -> list[tuple[float, float]]:
    """95% percentile bootstrap intervals, in the order of ``statistics``; the same for the same seed.

    ``statistics`` gets places of events, drawn with replacement within each class (Efron 1979), so that what is
    compared in it is compared on the same events.
    """
    chance: Any = np.random.default_rng(seed)
    legit, bad = np.flatnonzero(~abuse), np.flatnonzero(abuse)
    if not len(legit) or not len(bad):
        return [(float("nan"), float("nan"))] * len(statistics(np.arange(len(abuse))))
    drawn = [
        statistics(np.concatenate((chance.choice(legit, len(legit)), chance.choice(bad, len(bad)))))
        for _ in range(resamples)
    ]
    low, high = np.percentile(np.array(drawn), (2.5, 97.5), axis=0)
    return [(float(a), float(b)) for a, b in zip(low, high, strict=True)]
