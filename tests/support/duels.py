"""Challengers that are better or worse than a champion by a known amount."""

from __future__ import annotations

import math

import numpy as np

from models.learning.duel import Duel

ENOUGH = 100.0


def outcomes(
    seed: int, n: int, better: float | np.ndarray, base_rate: float = 0.2
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probabilities of challenger and champion, and labels. Both see the truth through noise, each through his own;
    the challenger's is ``better`` less of it, in parts of e; both are calibrated."""
    rng = np.random.default_rng(seed)
    abuse = rng.random(n) < base_rate
    centre = np.where(abuse, 1.5, -1.5)
    prior = math.log(base_rate / (1 - base_rate))
    found = []
    for spread in (2.0 * np.exp(-np.asarray(better)), 2.0):
        seen = centre + spread * rng.standard_normal(n)
        found.append(1 / (1 + np.exp(-(3.0 * seen / spread**2 + prior))))
    return found[0], found[1], abuse


def first_promotion(seed: int, n: int, better: float | np.ndarray, base_rate: float = 0.2) -> int | None:
    """After how many labels the evidence is enough, looked at after each of them."""
    duel = Duel("login.logistic")
    own, champion, abuse = outcomes(seed, n, better, base_rate)
    for at in range(n):
        duel.add(float(own[at]), float(champion[at]), bool(abuse[at]), base_rate)
        if duel.evidence >= ENOUGH:
            return at + 1
    return None
