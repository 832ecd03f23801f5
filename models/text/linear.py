"""Logistic regression on hashed features, learned online with a rate for each weight (Adagrad, Duchi et al. 2011)."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from models.text.features import BITS, Features

_RATE: Final = np.float32(0.2)
_EASE: Final = np.float32(1e-4)


class Linear:
    """Weights and their sums of squared gradients, float32; the last weight is the intercept's."""

    def __init__(self) -> None:
        self._weights = np.zeros((1 << BITS) + 1, np.float32)
        self._squares = np.zeros((1 << BITS) + 1, np.float32)

    def log_odds(self, found: Features) -> float:
        parts = self._weights.take(found.slots) * found.values
        return float(parts.sum(dtype=np.float64)) + float(self._weights[-1])

    def learn(self, found: Features, abuse: bool, weight: float) -> None:
        """One step towards the label; ``weight`` scales its gradient."""
        error = (sigmoid(self.log_odds(found)) - abuse) * weight
        slots = np.append(found.slots, len(self._weights) - 1)
        gradient = np.append(found.values, np.float32(1)) * np.float32(error)
        squares = self._squares.take(slots) + gradient * gradient
        # A slot that two families share is written by the last of them.
        self._squares[slots] = squares
        self._weights[slots] -= _RATE * gradient / np.sqrt(squares + _EASE)

    def __getstate__(self) -> dict[str, Any]:
        """Weights that were never moved are left out."""
        moved = self._squares > 0
        return {
            "moved": np.packbits(moved).tobytes(),
            "weights": self._weights[moved].tobytes(),
            "squares": self._squares[moved].tobytes(),
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__()  # type: ignore[misc]
        moved = np.unpackbits(np.frombuffer(state["moved"], np.uint8), count=len(self._weights)).view(np.bool_)
        self._weights[moved] = np.frombuffer(state["weights"], np.float32)
        self._squares[moved] = np.frombuffer(state["squares"], np.float32)


def sigmoid(log_odds: float) -> float:
    """Never overflows."""
    if log_odds >= 0:
        return 1 / (1 + math.exp(-log_odds))
    odds = math.exp(max(log_odds, -700.0))
    return odds / (1 + odds)
