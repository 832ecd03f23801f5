"""One promised false positive rate: the threshold that keeps it, and the account of how it is kept."""

from __future__ import annotations

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.learning.binomial import least_above, most_below
from models.learning.calibration import Calibration
from models.learning.figures import Kept
from models.learning.threshold import DOUBT, Threshold, labels_needed

Floats = NDArray[np.float64]

# Wrongly hindered decisions: the most that may be saved up, the credit below which the rate is cut, the deepest debt.
_CAP, _RAMP, _DEBT = 10.0, 3.0, 50.0
# The newest legitimate labels of which the achieved rate is told.
_MEASURED = 20_000


class Promise(msgspec.Struct):
    """At most ``rate`` of legitimate decisions reach the threshold. Scores are raw: their map to probabilities is
    strictly increasing, so a threshold is the same decision on both scales, and a new map does it no harm.

    ``credit``: each legitimate label earns ``rate``, each that reached its threshold costs 1. While it is low, a
    smaller rate is aimed at, and without any nobody is to be hindered (``thin``): so at any time at most
    rate * labels + 1 of them have reached it (and those that were on their way when the credit was spent), whatever
    the order of the scores. This is adaptive conformal inference (Gibbs and Candès, "Adaptive conformal inference
    under distribution shift", NeurIPS 2021) with step rate / 3, its level never above the promise.

    ``raw``: the threshold, None before the first legitimate label; ``low``, ``high``: the ends of its 95 % interval;
    ``below``: the highest legitimate score that has to stay below it. ``thin``: it is a mere estimate, too few labels
    speak for it to hinder anybody. ``legit``: the labels that it was found from. ``measured``, ``hits``: labels
    counted since there was a threshold for the first time, and which of the newest reached that of their time.
    """

    rate: float
    credit: float = 0.0
    raw: float | None = None
    below: float = 0.0
    low: float = 0.0
    high: float = 1.0
    thin: bool = True
    legit: int = 0
    measured: int = 0
    hits: list[int] = []

    def begin(self, legit: int) -> None:
        """Promised from now on, with ``legit`` labels at hand that no threshold hindered."""
        self.credit = min(_CAP, self.rate * legit)

    def on_legit(self, promised: bool, reached: bool) -> bool:
        """Count a legitimate label. ``promised``: there was a threshold when it was decided, and ``reached``: it was
        at or above it. True: the threshold has to be found anew at once."""
        self.credit = min(_CAP, self.credit + self.rate)
        if promised or self.measured:
            self.measured += 1
        if not reached:
            return False
        self.credit = max(-_DEBT, self.credit - 1.0)
        self.hits.append(self.measured)
        self._forget()
        return self.credit < _RAMP

    def _forget(self) -> None:
        oldest = self.measured - _MEASURED
        while self.hits and self.hits[0] <= oldest:
            self.hits.pop(0)

    def find(self, legit: Floats, abuse: Floats) -> None:
        """Find the threshold anew from legitimate and abusive scores of late, both sorted.

        So many legitimate scores may lie above it that the true rate is at most the one aimed at with a certainty of
        95 % (Clopper and Pearson 1934). It is put in the middle of the gap above the others, where equal scores all
        stay below.
        """
        n = len(legit)
        self.legit = n
        if not n:
            self.raw, self.thin = None, True
            return
        above = most_below(n, self.rate * min(1.0, self.credit / _RAMP), DOUBT)
        self.thin = above < 0
        if self.thin:
            above = int(n * self.rate)
        self.below = float(legit[n - 1 - above])
        if self.below >= 1.0:
            self.raw, self.thin = 1.0, True
        else:
            self.raw = _middle(self.below, legit, abuse)
        self.low = _score(legit, least_above(n, self.rate, DOUBT / 2), 0.0)
        self.high = _score(legit, most_below(n, self.rate, DOUBT / 2), 1.0)

    @property
    def in_force(self) -> float | None:
        """The raw score from which somebody may be hindered."""
        return None if self.thin else self.raw

    def threshold(self, calibration: Calibration) -> Threshold | None:
        """On the calibrated scale."""
        if self.raw is None:
            return None
        value, least = calibration.apply(self.raw), calibration.apply(self.below)
        if value <= least < 1.0:
            value = math.nextafter(least, 1.0)
        return Threshold(
            value=value,
            low=min(value, calibration.apply(self.low)),
            high=max(value, calibration.apply(self.high)),
            achieved=self.achieved,
            legit=self.legit,
            measured=self.counted,
            thin=self.thin or least >= 1.0,
        )

    @property
    def counted(self) -> int:
        return min(self.measured, _MEASURED)

    @property
    def achieved(self) -> float | None:
        if not self.measured:
            return None
        return sum(hit > self.measured - _MEASURED for hit in self.hits) / self.counted

    def kept(self, legit: int) -> Kept:
        """``legit``: legitimate labels since the last rise."""
        return Kept(self.achieved, self.counted, self._missing(legit))

    def _missing(self, legit: int) -> str:
        if not self.thin:
            return ""
        needed = labels_needed(self.rate)
        owed = math.ceil(-self.credit / self.rate) + 1 if self.credit < 0.0 else 0
        if owed > max(0, needed - legit):
            return f"more were wrongly hindered than promised: needs {owed:,} legitimate labels without another"
        if legit < needed:
            return f"needs {needed - legit:,} more legitimate labels ({needed:,} for a rate of {self.rate:g})"
        if self.below >= 1.0:
            return "too many legitimate decisions have a score of 1"
        # The least rate that so many labels can show, and the credit at which it is aimed at.
        least = -math.expm1(math.log(DOUBT) / legit)
        more = max(1, math.ceil((_RAMP * least / self.rate - self.credit) / self.rate))
        return f"too many were wrongly hindered of late: needs about {more:,} legitimate labels without another"


def _score(ordered: Floats, above: int, otherwise: float) -> float:
    """The score that ``above`` of them lie above."""
    return float(ordered[len(ordered) - 1 - above]) if 0 <= above < len(ordered) else otherwise


def _middle(below: float, legit: Floats, abuse: Floats) -> float:
    """Half way from ``below`` (under 1) to the next score that was seen, or to 1."""
    following = 1.0
    for scores in (legit, abuse):
        at = int(np.searchsorted(scores, below, side="right"))
        if at < len(scores):
            following = min(following, float(scores[at]))
    return max(below + (following - below) / 2, math.nextafter(below, 2.0))
