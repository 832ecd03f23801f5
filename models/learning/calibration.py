"""Scores become probabilities: one strictly increasing map, fitted to what recorded scores turned out to be."""

from __future__ import annotations

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Beside the fitted map, so that scores which it would round to one value stay apart.
_APART = 1e-6
_TINY = 1e-300
# For fitting alone: one legitimate event with a score of exactly 1 must not outweigh all the others.
_CLIP = 1e-12
_LEAST, _MOST = 0.05, 20.0
# The prior's precision of a, b and c around the identity: standard deviations of 0.5, 0.5 and 2.
_PRIOR = np.array([4.0, 4.0, 0.25])
_STEPS = 50


class Calibration(msgspec.Struct, frozen=True):
    """From a raw score in [0, 1] to a probability of abuse in [0, 1]; the default is the identity.

    Beta calibration: sigmoid(a ln s - b ln(1 - s) + c), a, b > 0. Kull, Silva Filho and Flach, "Beta calibration: a
    well-founded and easily implemented improvement on logistic calibration", AISTATS 2017. A millionth part of the
    score itself is mixed in: 0 stays 0, 1 stays 1, and two scores that differ by 1e-9 never swap nor become equal.

    The probability is that of labelled decisions: 0.9 means that of ten of them with such a score nine were abuse.
    Labels are not a fair sample of the traffic, so among all decisions it may be another.
    """

    a: float = 1.0
    b: float = 1.0
    c: float = 0.0

    def apply(self, score: float) -> float:
        """The probability of one score; the same bits wherever and however often it is asked."""
        if self.a == 1.0 and self.b == 1.0 and self.c == 0.0:
            return score
        if score <= 0.0:
            return 0.0
        if score >= 1.0:
            return 1.0
        z = self.a * math.log(max(score, _TINY)) - self.b * math.log1p(-score) + self.c
        small = math.exp(-abs(z))
        fitted = (1.0 if z >= 0.0 else small) / (1.0 + small)
        return min(1.0, (1.0 - _APART) * fitted + _APART * score)

    def apply_many(self, scores: Floats) -> Floats:
        """For figures and plots: may differ from ``apply`` in the last bits."""
        if self.a == 1.0 and self.b == 1.0 and self.c == 0.0:
            return scores
        inner = np.clip(scores, _TINY, np.nextafter(1.0, 0.0))
        fitted = _sigmoid(self.a * np.log(inner) - self.b * np.log1p(-inner) + self.c)
        mixed = np.minimum(1.0, (1.0 - _APART) * fitted + _APART * scores)
        return np.where(scores <= 0.0, 0.0, np.where(scores >= 1.0, 1.0, mixed))


IDENTITY = Calibration()


def fit(scores: Floats, abuse: NDArray[np.bool_], weights: Floats | None = None) -> Calibration:
    """The most probable map of n raw scores to their n labels; ``weights``: how often each counts, 1 if None.

    Newton's method on the log loss of a logistic regression over (ln s, -ln(1 - s), 1) with a normal prior around the
    identity, so that few labels move it little; convex, so where it begins does not matter. a and b are kept within
    0.05 and 20: one that would leave is held at the limit while the others are fitted on.
    """
    if len(scores) == 0:
        return IDENTITY
    inner = np.clip(scores, _CLIP, 1.0 - _CLIP)
    design = np.stack([np.log(inner), -np.log1p(-inner), np.ones(len(inner))])
    target = abuse.astype(np.float64)
    counts = np.ones(len(inner)) if weights is None else weights
    centre = np.array([1.0, 1.0, 0.0])
    theta = centre.copy()
    loss = _loss(theta, design, target, counts)
    for _ in range(_STEPS):
        p = _sigmoid(theta @ design)
        slope = design @ (counts * (p - target)) + _PRIOR * (theta - centre)
        curve = (design * (counts * p * (1.0 - p))) @ design.T + np.diag(_PRIOR)
        free = np.ones(3, dtype=bool)
        free[:2] = ~(((theta <= _LEAST) & (slope > 0)) | ((theta >= _MOST) & (slope < 0)))[:2]
        step = np.zeros(3)
        step[free] = np.linalg.solve(curve[np.ix_(free, free)], slope[free])
        scale, moved = 1.0, False
        while scale > 1e-6:
            tried = theta - scale * step
            tried[:2] = np.clip(tried[:2], _LEAST, _MOST)
            reached = _loss(tried, design, target, counts)
            if reached <= loss:
                moved = bool(np.max(np.abs(tried - theta)) > 1e-9)
                theta, loss = tried, reached
                break
            scale /= 2.0
        if not moved:
            break
    return Calibration(float(theta[0]), float(theta[1]), float(theta[2]))


def _loss(theta: Floats, design: Floats, target: Floats, counts: Floats) -> float:
    z = theta @ design
    far = theta - np.array([1.0, 1.0, 0.0])
    # ln(1 + e^z) - y z
    return float(counts @ (np.logaddexp(0.0, z) - target * z) + 0.5 * (_PRIOR @ (far * far)))


def _sigmoid(z: Floats) -> Floats:
    small = np.exp(-np.abs(z))
    return np.where(z >= 0.0, 1.0, small) / (1.0 + small)
