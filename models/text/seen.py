"""Which rare features were met before, in a bounded number of bits that forget the oldest."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.text.features import KEY_BITS, Keys

_BITS: Final = 1 << KEY_BITS
_FULL: Final = _BITS // 4


class Seen:
    """Two generations of one bit a hash: when a quarter of the young one is set, it becomes the old one."""

    def __init__(self) -> None:
        self._young = np.zeros(_BITS // 8, np.uint8)
        self._old = np.zeros(_BITS // 8, np.uint8)
        self._set = 0

    def contains(self, keys: Keys) -> NDArray[np.bool_]:
        """Which of the keys were added lately; a few others that share a bit with one are taken for it."""
        octets, bits = _places(keys)
        found: NDArray[np.bool_] = ((self._young.take(octets) | self._old.take(octets)) & bits) != 0
        return found

    def add(self, keys: Keys) -> None:
        """Keys that are all different."""
        octets, bits = _places(keys)
        self._set += int(np.count_nonzero((self._young.take(octets) & bits) == 0))
        np.bitwise_or.at(self._young, octets, bits)
        if self._set > _FULL:
            self._old, self._young, self._set = self._young, np.zeros(_BITS // 8, np.uint8), 0

    def __getstate__(self) -> dict[str, Any]:
        """Without a generation that is empty."""
        return {
            "young": self._young.tobytes() if self._set else b"",
            "old": self._old.tobytes() if self._old.any() else b"",
            "set": self._set,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._young, self._old = _generation(state["young"]), _generation(state["old"])
        self._set = state["set"]


def _places(keys: Keys) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    return (keys & (_BITS - 1)) >> 3, np.left_shift(np.uint8(1), (keys & 7).astype(np.uint8))


def _generation(octets: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(octets, np.uint8).copy() if octets else np.zeros(_BITS // 8, np.uint8)
