"""What each letter is to the tokens: part of a word, a word by itself, or what stands between words."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint32]

BETWEEN: Final = 0
WITHIN: Final = 1
ALONE: Final = 2
_PLANE: Final = 1 << 16
# Scripts that write without spaces: a letter counts as a word there, and a pair of words is a pair of letters.
_UNSPACED: Final = ((0x0E00, 0x1000), (0x1000, 0x10A0), (0x1780, 0x1800), (0x2E80, 0xA4D0), (0xAC00, 0xD7A4))
_IN_WORDS: Final = "'$"


def _classes() -> NDArray[np.uint8]:
    classes = np.zeros(_PLANE, np.uint8)
    for code in range(_PLANE):
        letter = chr(code)
        if letter.isalnum() or letter in _IN_WORDS:
            classes[code] = WITHIN
    for first, end in _UNSPACED:
        block = classes[first:end]
        block[block == WITHIN] = ALONE
    # What lies beyond the first plane (pictures, rare ideographs) is looked up here.
    classes[_PLANE - 1] = ALONE
    return classes


def _lower() -> Codes:
    lower = np.arange(_PLANE, dtype=np.uint32)
    for code in range(_PLANE):
        small = chr(code).lower()
        if len(small) == 1:
            lower[code] = ord(small)
    return lower


_CLASSES = _classes()
_LOWER = _lower()


def codes_of(text: str) -> Codes:
    """The text's code points, lone surrogates included."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def classes_and_lower(codes: Codes) -> tuple[NDArray[np.uint8], Codes]:
    """Each letter's class, and its lower-case form."""
    if len(codes) and codes.max() >= _PLANE:
        near = np.minimum(codes, _PLANE - 1)
        return _CLASSES.take(near), np.where(codes < _PLANE, _LOWER.take(near), codes)
    return _CLASSES.take(codes), _LOWER.take(codes)
