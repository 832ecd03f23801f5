"""A text's words, as spans of it: where each starts, and the place after its last letter."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.text.hashing import Positions
from models.text.letters import BETWEEN, WITHIN, Classes


def word_spans(classes: Classes) -> tuple[Positions, Positions]:
    """By the letters' classes: those within words make one word while they touch; one that stands alone is a word."""
    letter = classes != BETWEEN
    within = classes == WITHIN
    starts, ends = letter.copy(), letter
    joined = within[1:] & within[:-1]
    starts[1:] &= ~joined
    ends[:-1] &= ~joined
    return starts.nonzero()[0], ends.nonzero()[0] + 1


def black_spans(black: NDArray[np.bool_]) -> tuple[Positions, Positions]:
    """What stands between white space."""
    edges = np.zeros(len(black) + 1, np.bool_)
    np.not_equal(black[1:], black[:-1], out=edges[1:-1])
    if len(black):
        edges[0], edges[-1] = black[0], black[-1]
    places = edges.nonzero()[0]
    return places[::2], places[1::2]
