"""Hashes of many spans of one text at once, the same in every process and on every machine."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.int64]
Hashes = NDArray[np.uint64]

LONGEST: Final = 1 << 16
# An odd base has an inverse modulo 2**64: a span's hash is a difference of prefix sums, moved back to the start.
_BASE: Final = 0x9E3779B97F4A7C15
_FIRST: Final = np.uint64(0xFF51AFD7ED558CCD)
_SECOND: Final = np.uint64(0xC4CEB9FE1A85EC53)
_HALF: Final = np.uint64(32)


def _powers(base: int) -> Hashes:
    powers = np.full(LONGEST, base, np.uint64)
    powers[0] = 1
    return np.multiply.accumulate(powers)


_UP = _powers(_BASE)
_DOWN = _powers(pow(_BASE, -1, 1 << 64))


def prefix_sums(letters: Hashes) -> Hashes:
    """Of n letters, n at most LONGEST: n + 1 sums of each letter times the base to the power of its place."""
    sums = np.empty(len(letters) + 1, np.uint64)
    sums[0] = 0
    np.multiply(letters, _UP[: len(letters)], out=sums[1:])
    return np.cumsum(sums, out=sums)


def span_hashes(sums: Hashes, starts: Positions, ends: Positions) -> Hashes:
    """The spans' hashes: equal for equal letters, wherever they stand."""
    found = sums.take(ends)
    found -= sums.take(starts)
    found *= _DOWN.take(starts)
    return found


def mix(hashes: Hashes) -> Hashes:
    """In place: the upper bits then depend on every bit (MurmurHash3's finaliser without its last step)."""
    hashes *= _FIRST
    hashes ^= hashes >> _HALF
    hashes *= _SECOND
    return hashes
