"""Whether events with a probability of 0.9 turn out to be abuse nine times in ten."""

from __future__ import annotations

from math import pi, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.learning.figures import Bin

Floats = NDArray[np.float64]

_BINS = 10
_EACH = 50


class Reliability(NamedTuple):
    """``error``: the expected calibration error, from 0 (best) to 1; ``noise``: what it would be by chance alone if
    every probability were right."""

    error: float
    noise: float
    bins: tuple[Bin, ...]


def reliability(said: Floats, abuse: NDArray[np.bool_], weights: Floats) -> Reliability | None:
    """Of n probabilities with their labels, each counting ``weights``; None without any.

    Bins of equal weight, at most 10, of at least 50 labels: the mean of |said - seen| over them (Naeini, Cooper and
    Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", AAAI 2015, with bins of equal mass).
    Equal probabilities fall into one bin, or how they are ordered would show.
    """
    n = len(said)
    if n == 0:
        return None
    order = np.argsort(said, kind="stable")
    said, seen, weights = said[order], abuse[order].astype(np.float64), weights[order]
    wanted = max(1, min(_BINS, n // _EACH))
    place = np.cumsum(weights) - weights / 2
    bin_of = np.minimum((place / weights.sum() * wanted).astype(np.int64), wanted - 1)
    first = np.searchsorted(said, said, side="left")
    bin_of = bin_of[first]
    rows, error, noise = [], 0.0, 0.0
    for number in np.unique(bin_of):
        mine = bin_of == number
        weight = weights[mine]
        share = weight.sum() / weights.sum()
        mean, rate = np.average(said[mine], weights=weight), np.average(seen[mine], weights=weight)
        rows.append(Bin(float(mean), float(rate), int(np.count_nonzero(mine))))
        error += share * abs(mean - rate)
        # Of a normal variable the mean distance from its mean is sqrt(2 / pi) standard deviations.
        spread = np.sum((weight / weight.sum()) ** 2 * said[mine] * (1 - said[mine]))
        noise += share * sqrt(2 / pi * spread)
    return Reliability(float(error), float(noise), tuple(rows))


def auc(legit: Floats, abuse: Floats) -> float | None:
    """The chance that an abusive decision has the higher score, equal ones counting half; None without both.

    Hanley and McNeil, "The meaning and use of the area under a ROC curve", Radiology 143 (1982).
    """
    if len(legit) == 0 or len(abuse) == 0:
        return None
    ordered = np.sort(legit)
    lower = np.searchsorted(ordered, abuse, side="left").sum(dtype=np.int64)
    not_higher = np.searchsorted(ordered, abuse, side="right").sum(dtype=np.int64)
    return float((lower + not_higher) / (2 * len(legit) * len(abuse)))
