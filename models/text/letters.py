"""What each letter is to the tokens: part of a word, a word by itself, or what stands between words."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int64]

BETWEEN: Final = 0
WITHIN: Final = 1
ALONE: Final = 2
_PLANE: Final = 1 << 16
# Scripts that write without spaces: a letter counts as a word there, and a pair of words is a pair of letters.
_UNSPACED: Final = ((0x0E00, 0x10A0), (0x1780, 0x1800), (0x2E80, 0xA4D0), (0xAC00, 0xD7A4))
_IN_WORDS: Final = "'"
# What shouts and names prices is a word: "!!!" is three of them, and two pairs.
_SYMBOLS: Final = "!?$%*#€£¥"


Classes = NDArray[np.uint8]


def _classes() -> Classes:
    classes = np.zeros(_PLANE, np.uint8)
    for code in range(_PLANE):
        letter = chr(code)
        if letter.isalnum() or letter in _IN_WORDS:
            classes[code] = WITHIN
    for first, end in _UNSPACED:
        block = classes[first:end]
        block[block == WITHIN] = ALONE
    classes[[ord(letter) for letter in _SYMBOLS]] = ALONE
    # What lies beyond the first plane (pictures, rare ideographs) is looked up here.
    classes[_PLANE - 1] = ALONE
    return classes


def _black() -> NDArray[np.bool_]:
    return np.array([code > ord(" ") and not chr(code).isspace() for code in range(_PLANE)])


def _lower() -> NDArray[np.uint64]:
    small = [chr(code).lower() for code in range(_PLANE)]
    return np.array([ord(letter) if len(letter) == 1 else code for code, letter in enumerate(small)], np.uint64)


def _shapes() -> NDArray[np.uint64]:
    return np.array([ord("0") if chr(code).isdigit() else code for code in range(_PLANE)], np.uint64)


_CLASSES: Final = _classes()
_BLACK: Final = _black()
_LOWER: Final = _lower()
_SHAPES: Final = _shapes()


def codes_of(text: str) -> Codes:
    """The text's code points, lone surrogates included; all those beyond the first plane are one."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.int64)
    return codes if text.isascii() else np.minimum(codes, _PLANE - 1)


def classes_of(codes: Codes) -> Classes:
    """BETWEEN, WITHIN or ALONE for each letter."""
    return _CLASSES.take(codes)


def black_of(codes: Codes) -> NDArray[np.bool_]:
    """Whether each letter is something else than white space."""
    return _BLACK.take(codes)


def lower_of(codes: Codes) -> NDArray[np.uint64]:
    """The letters in lower case."""
    return _LOWER.take(codes)


def shapes_of(codes: Codes) -> NDArray[np.uint64]:
    """The letters as they are, but every digit a 0."""
    return _SHAPES.take(codes)
