"""A scale on which a heavy tail does no harm: shares and flags stay as they are, from 1 on it is logarithmic.

``y = x`` for |x| <= 1, else ``sign(x) (1 + ln |x|)``: continuous with its slope. What is proportional to something
moves on this scale by the logarithm of how much that has grown, times itself, or times 1 where it is larger.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# Beyond it a double squared is infinite; no feature has a meaning there.
_LARGEST = 1e100

Array = NDArray[np.float64]


def squash(rows: Sequence[Sequence[float]]) -> Array:
    """Rows of numbers on the scale, shape (n, d); what is no number counts as 0.

    >>> squash([[0.25, -1.0, math.e, math.nan]]).round(6).tolist()
    [[0.25, -1.0, 2.0, 0.0]]
    """
    matrix = np.nan_to_num(np.array(rows, dtype=np.float64), posinf=_LARGEST, neginf=-_LARGEST)
    far = np.abs(matrix) > 1.0
    values = matrix[far]
    matrix[far] = np.copysign(1.0 + np.log(np.minimum(np.abs(values), _LARGEST)), values)
    return matrix


def unsquash(value: float) -> float:
    """Back to the feature's own unit.

    >>> unsquash(0.25), round(unsquash(2.0), 6)
    (0.25, 2.718282)
    """
    if abs(value) <= 1.0:
        return value
    return math.copysign(math.exp(min(abs(value), 200.0) - 1.0), value)
