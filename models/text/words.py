"""A text's words, as spans of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.text.hashing import Positions
from models.text.letters import BETWEEN, WITHIN


def word_spans(classes: NDArray[np.uint8]) -> tuple[Positions, Positions]:
    """Where words start and end (the place after their last letter), by the letters' classes.

    Letters that stand within words make one word while they touch; one that stands alone is a word.
    """
    letter = classes != BETWEEN
    within = classes == WITHIN
    joined = np.zeros(len(classes) + 1, np.bool_)
    np.logical_and(within[1:], within[:-1], out=joined[1:-1])
    return np.flatnonzero(letter & ~joined[:-1]), np.flatnonzero(letter & ~joined[1:]) + 1
