"""The threshold that a promised false positive rate comes to, as a manifest carries it."""

from __future__ import annotations

import math

import msgspec

# How sure one wants to be that the true rate is not above the promised one.
DOUBT = 0.05


class Threshold(msgspec.Struct, frozen=True):
    """A calibrated score of at least ``value`` acts; ``low`` and ``high`` are the ends of its 95 % interval.

    ``legit``: the legitimate labels that it was found from. ``achieved``: the share of the newest ``measured``
    legitimate labels that reached the threshold in force when they were decided; None while none was measured.
    ``thin``: too few labels speak for it to act upon: who reaches it is reviewed at most.
    """

    value: float
    low: float
    high: float
    achieved: float | None
    legit: int
    measured: int = 0
    thin: bool = False


def rate_name(rate: float) -> str:
    """The text by which a promised rate is known in policies' facts and in manifests: "0.001"."""
    return repr(float(rate))


def labels_needed(rate: float) -> int:
    """How many legitimate labels a promise of ``rate`` needs before there can be a threshold: 2,995 for 0.001.

    If none of n reaches the threshold, the true rate is at most 1 - DOUBT^(1/n) (Clopper and Pearson 1934).
    """
    return math.ceil(math.log(DOUBT) / math.log1p(-rate))
