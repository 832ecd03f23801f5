"""Whether a challenger is better than the champion, judged label by label, however often one looks."""

from __future__ import annotations

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

# Bets from bold to careful: which of them fits depends on how much better the challenger is.
_BETS = tuple(0.8 / 2**i for i in range(10))
# Where the count begins anew, in pairs: a challenger that was worse while it was young may be better since.
_STARTS = tuple(512 << i for i in range(16))
_RARE = 0.001


class Duel(msgspec.Struct):
    """A challenger beside a champion on the decisions that both scored.

    Each pair gives the difference d in [-1, 1] of their squared errors, positive where the challenger is nearer to
    the label. Evidence is what a stake of 1 has become that bet a fixed part λ of itself on each pair, Π(1 + λd), a
    mean over several λ and several starts. While the challenger is not better on average since any of these, its
    expectation is at most exp(λ Σ E d) <= 1 at any time, and it reaches x with a probability of at most 1/x (Ville),
    so one may look after every label: Waudby-Smith and Ramdas, "Estimating means of bounded random variables by
    betting", JRSS B 2023. Bets are not adapted, so that this holds too where it is better at times and worse at
    others: Choe and Ramdas, "Comparing sequential forecasters", Operations Research 2024.

    Both classes count the same whatever their shares: probabilities are moved from the labels' base rate to one half,
    and errors are weighted by one over the class's share, the weightier class by 1, with the base rate as it was
    before the label.

    ``gains``: Σd. ``stakes``: the logarithm of each bet's stake; ``starts``: these as they were at each start passed.
    """

    champion: str = ""
    abuse: int = 0
    legit: int = 0
    gains: float = 0.0
    stakes: list[float] = msgspec.field(default_factory=lambda: [0.0] * len(_BETS))
    starts: list[list[float]] = []

    def add(self, own: float, champion: float, abuse: bool, base_rate: float) -> float:
        """Count a pair of probabilities; ``base_rate``: the share of abuse among the labels before. Returns d."""
        share = min(max(base_rate, _RARE), 1.0 - _RARE)
        label = 1.0 if abuse else 0.0
        weight = min(share, 1.0 - share) / (share if abuse else 1.0 - share)
        gain = weight * ((_even(champion, share) - label) ** 2 - (_even(own, share) - label) ** 2)
        if self.abuse + self.legit in _STARTS:
            self.starts.append(self.stakes)
        self.stakes = [stake + math.log1p(bet * gain) for stake, bet in zip(self.stakes, _BETS, strict=True)]
        self.gains += gain
        self.abuse += abuse
        self.legit += not abuse
        return gain

    @property
    def pairs(self) -> int:
        return self.abuse + self.legit

    @property
    def gain(self) -> float:
        """The mean of d."""
        return self.gains / self.pairs if self.pairs else 0.0

    @property
    def evidence(self) -> float:
        """1 at the beginning; 100 is reached with a probability of at most 1 % by one that is no better."""
        stakes = np.array(self.stakes)
        found, left = 0.5 * _mean(stakes), 0.5
        for start in self.starts:
            left /= 2
            found += left * _mean(stakes - np.array(start))
        # The starts to come have not bet yet.
        return found + left


def _mean(stakes: NDArray[np.float64]) -> float:
    return float(np.mean(np.exp(np.minimum(stakes, 500.0))))


def _even(probability: float, share: float) -> float:
    """The probability where abuse is as frequent as not, of one where it has this ``share`` (Bayes)."""
    if probability <= 0.0 or probability >= 1.0:
        return 1.0 if probability >= 1.0 else 0.0
    odds = probability / (1.0 - probability) * (1.0 - share) / share
    return odds / (1.0 + odds) if math.isfinite(odds) else 1.0
