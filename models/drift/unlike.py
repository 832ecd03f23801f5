"""What is no drift though it moves means: the traffic's volume, and how much history the store knows.

Volume: counts rise and fall with the traffic, so a first weekend or a holiday moves them all. A mean that is
proportional to the volume moves by ``|ln(now / then)|`` times itself (times 1 at most, see scale.py).

History: a fresh store fills its windows and ages. What grows with it moves by a slope times ``ln(now / then)`` of its
length. The slope is learned by each column, from the first days, where that logarithm is large: most have none, a
count up to 1 or what it is, and an age its whole spread, for of a share that becomes known all is known at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.drift.hours import Block
from models.drift.past import DAY, Past
from models.drift.scale import Array

# The slope's evidence fades over a day and a half; before any, it is as if so much spoke for the largest slope.
_FADE = 0.97
_DOUBT = 0.3
# A slope is known only so well.
_MARGIN = 1.5


def volume_apart(past: Past, block: Block, indices: Sequence[int]) -> Array:
    """How far the number of events is from that of then, of six hours or a day: |ln|, by the hours ``indices``."""
    apart = np.zeros(len(indices))
    for hours in (6, DAY):
        now = block.seen + past.events(block.index - 1, hours - 1)
        then = np.array([past.events(index, hours) for index in indices])
        apart = np.maximum(apart, _apart(now, then))
    return apart


def history_apart(past: Past, block: Block, indices: Sequence[int]) -> Array:
    """How much longer the known history is than it was then: ln, shape (hours, d)."""
    length = np.maximum(1.0, block.index - past.born + 1.0)
    back = np.array([[float(block.index - index)] for index in indices])
    return np.asarray(np.log(length / np.maximum(1.0, length - back)))


def slopes(past: Past, largest: Array) -> Array:
    """How far each column may move as its history grows e-fold."""
    found = (abs(past.ramp) + _DOUBT * largest) / (past.ramped + _DOUBT)
    return np.minimum(largest, _MARGIN * found)


def learn_slopes(past: Past, difference: Array, history: Array, there: NDArray[np.bool_]) -> None:
    """``difference``: how far the means are from those of hours whose history was shorter by ``history``, a ln."""
    past.ramp = np.where(there, _FADE * past.ramp + difference * history, past.ramp)
    past.ramped = np.where(there, _FADE * past.ramped + history**2, past.ramped)


def _apart(now: float, then: Array) -> Array:
    """|ln(now / then)| beyond what chance does to such numbers."""
    now, then = max(now, 1.0), np.maximum(then, 1.0)
    return np.maximum(0.0, abs(np.log(now / then)) - 2.0 * np.sqrt(1.0 / now + 1.0 / then))
