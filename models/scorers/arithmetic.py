"""River's arithmetic on whole batches: the same operations in the same order, so that every bit is the same.

Python's ``**`` and ``math.exp`` are kept where River uses them: numpy's differ in the last bit, by processor.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.scorers.base import Vector

Packed = tuple[str, bytes]
# No feature comes near. One such value would make a running variance so large that its input said nothing ever again.
LARGEST = 1e18
# From so many events on it pays to turn a batch on its side, where numpy adds row after row.
_MANY = 8


def total(matrix: Vector) -> Vector:
    """The same matrix if all of it can be learned; else a copy with 0 for what is no number or beyond ``LARGEST``.

    Vectors are total, so this is for a caller's mistake: it costs that value its meaning, and the model nothing.
    """
    if not matrix.size or (
        np.maximum.reduce(matrix, axis=None) <= LARGEST and np.minimum.reduce(matrix, axis=None) >= -LARGEST
    ):
        return matrix
    return np.where(np.abs(matrix) <= LARGEST, matrix, 0.0)


def roots(variances: Vector) -> Vector:
    """``variance ** 0.5``, and infinite where it is 0: River standardises to 0 what has not varied."""
    flat = [value**0.5 or math.inf for value in variances.ravel().tolist()]
    return np.array(flat, dtype=np.float64).reshape(variances.shape)


def weighted_sums(matrix: Vector, mean: Vector, root: Vector, weights: Vector) -> list[float]:
    """Of each of n rows ``(row - mean) / root * weights``, summed from left to right.

    ``np.sum`` and ``@`` add in another order, and differ from River in the last bit of two events in five.
    """
    if len(matrix) < _MANY:
        terms = (matrix - mean) / root * weights
        return list(np.add.accumulate(terms, axis=1)[:, -1].tolist()) if terms.size else [0.0] * len(matrix)
    columns = np.subtract(matrix.T, mean[:, None], order="C")
    np.divide(columns, root[:, None], out=columns)
    np.multiply(columns, weights[:, None], out=columns)
    return list(np.add.reduce(columns, axis=0).tolist())


def sigmoid(logit: float) -> float:
    """``river.utils.math.sigmoid``."""
    if logit < -30:
        return 0.0
    if logit > 30:
        return 1.0
    return 1 / (1 + math.exp(-logit))


def log_loss_gradient(abuse: bool, logit: float, weight: float) -> float:
    """``river.optim.losses.Log().gradient``, times the example's weight, as ``GLM`` clips it."""
    sign = 1 if abuse else -1
    z = logit * sign
    if z > 18.0:
        gradient = math.exp(-z) * -sign
    elif z < -18.0:
        gradient = float(-sign)
    else:
        gradient = -sign / (math.exp(z) + 1.0)
    return max(min(gradient * weight, 1e12), -1e12)


def packed(array: NDArray[Any]) -> Packed:
    """An array of one dimension as plain values: equal ones make equal pickles, as numpy's own, once read, do not."""
    return array.dtype.str, array.tobytes()


def unpacked(parts: Packed) -> NDArray[Any]:
    dtype, data = parts
    return np.frombuffer(data, dtype=dtype).copy()
