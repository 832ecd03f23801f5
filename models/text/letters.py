"""What each letter is to the tokens: part of a word, a word by itself, or what stands between words."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint32]

BETWEEN: Final = 0
WITHIN: Final = 1
ALONE: Final = 2
_PLANE: Final = 1 << 16
# Scripts that write without spaces: a letter counts as a word there, and a pair of words is a pair of letters.
_UNSPACED: Final = ((0x0E00, 0x10A0), (0x1780, 0x1800), (0x2E80, 0xA4D0), (0xAC00, 0xD7A4))
_IN_WORDS: Final = "'"
# What shouts and names prices is a word: "!!!" is three of them, and two pairs.
_SYMBOLS: Final = "!?$%*#€£¥"


class Letters(NamedTuple):
    """Of a text of n letters, by place: each array has n items. ``shape``: as written, but every digit is a 0."""

    classes: NDArray[np.uint8]
    lower: Codes
    shape: Codes
    black: NDArray[np.bool_]


def _tables() -> Letters:
    classes = np.zeros(_PLANE, np.uint8)
    lower = np.arange(_PLANE, dtype=np.uint32)
    shape = np.arange(_PLANE, dtype=np.uint32)
    black = np.ones(_PLANE, np.bool_)
    for code in range(_PLANE):
        letter = chr(code)
        small = letter.lower()
        if letter.isalnum() or letter in _IN_WORDS:
            classes[code] = WITHIN
        if len(small) == 1:
            lower[code] = ord(small)
        if letter.isdigit():
            shape[code] = ord("0")
        black[code] = code > ord(" ") and not letter.isspace()
    for first, end in _UNSPACED:
        block = classes[first:end]
        block[block == WITHIN] = ALONE
    classes[[ord(letter) for letter in _SYMBOLS]] = ALONE
    # What lies beyond the first plane (pictures, rare ideographs) is looked up here.
    classes[_PLANE - 1] = ALONE
    return Letters(classes, lower, shape, black)


_TABLES = _tables()


def codes_of(text: str) -> Codes:
    """The text's code points, lone surrogates included."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def letters_of(codes: Codes) -> Letters:
    """What each of the code points is."""
    if not len(codes) or codes.max() < _PLANE:
        return _looked_up(codes)
    found = _looked_up(np.minimum(codes, _PLANE - 1))
    far = codes >= _PLANE
    return found._replace(lower=np.where(far, codes, found.lower), shape=np.where(far, codes, found.shape))


def _looked_up(codes: Codes) -> Letters:
    classes, lower, shape, black = _TABLES
    return Letters(classes.take(codes), lower.take(codes), shape.take(codes), black.take(codes))
