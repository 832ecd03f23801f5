"""Logistic regression on a mail's hashed features, learned online.

Each weight has a rate of its own (Adagrad: Duchi, Hazan and Singer, 2011). Labels may be wrong: the loss is that of a
label that is so at the rate at which labels of late surprised the model (Bootkrajang and Kabán, 2012).
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.text.features import FAMILIES, KEY_BITS, Keys
from models.text.packing import pack, unpack
from models.text.seen import Seen
from models.text.strongest import counted, evidence

BITS: Final = 19
_RATE: Final = np.float32(0.18)
_EASE: Final = np.float32(1e-8)
# Most pairs never come again: a pair has a weight from its second mail on.
_PAIRS: Final = (FAMILIES.index("field pair"), FAMILIES.index("pair"))
# Headers speak in many families of few words.
_LOUDNESS: Final = np.array([0.8, 0.8, 0.8, 0.8, 1, 1, 1, 1])
_EDGES: Final = np.arange(len(FAMILIES) + 1, dtype=np.uint32) << np.uint32(KEY_BITS)
# With so many mails of the rarer class the log-odds count by half; with none of them nothing can be known.
_HALF_SURE: Final = 3.0
_LEAST_WRONG: Final = 0.001
_WRONG_OF_SURPRISES: Final = 0.4
_SURPRISES_KEPT: Final = 0.01


class Found(NamedTuple):
    """``places``: which of a mail's keys have a weight; ``slots``: whose; ``values``: what it is multiplied with."""

    places: NDArray[np.int64]
    slots: NDArray[np.int64]
    values: NDArray[np.float32]


class Linear:
    """2**19 weights in float32, with what their learning needs."""

    def __init__(self) -> None:
        self._weights = np.zeros(1 << BITS, np.float32)
        self._squares = np.zeros(1 << BITS, np.float32)
        self._counts = np.zeros((1 << BITS, 2), np.uint16)
        self._mails = [0.0, 0.0]
        self._surprises = 0.0
        self._learned = 0
        self._seen = Seen()

    def find(self, keys: Keys) -> Found:
        """Each family's values have the sum of squares that the family's loudness has."""
        edges = np.searchsorted(keys, _EDGES)
        known = np.ones(len(keys), np.bool_)
        for family in _PAIRS:
            span = slice(edges[family], edges[family + 1])
            known[span] = self._seen.contains(keys[span])
        places = np.flatnonzero(known)
        found = keys.take(places)
        families = found >> np.uint32(KEY_BITS)
        counts = np.bincount(families, minlength=len(FAMILIES))
        scales = (_LOUDNESS / np.sqrt(np.maximum(counts, 1))).astype(np.float32)
        slots = (found & np.uint32((1 << KEY_BITS) - 1)) >> np.uint32(KEY_BITS - BITS)
        return Found(places, slots.astype(np.int64), scales.take(families))

    def parts(self, found: Found) -> NDArray[np.float32]:
        """What each of them adds to the log-odds, before it is known how sure the model may be."""
        parts = self._weights.take(found.slots) * found.values
        return parts + evidence(self._counts.take(found.slots, axis=0), *self._mails)

    @property
    def sureness(self) -> float:
        """What the log-odds are multiplied with, in [0, 1): labels of one class say nothing about the other."""
        rarer = min(self._mails)
        return rarer / (rarer + _HALF_SURE)

    def log_odds(self, keys: Keys) -> float:
        return float(self.parts(self.find(keys)).sum(dtype=np.float64)) * self.sureness

    def learn(self, keys: Keys, abuse: bool, weight: float) -> None:
        """One step towards the label; ``weight`` scales its gradient."""
        found = self.find(keys)
        log_odds = float(self.parts(found).sum(dtype=np.float64))
        gradient = np.float32(self._slope(log_odds, abuse) * weight) * found.values
        squares = self._squares.take(found.slots) + gradient * gradient
        # Of features that share a slot the last one writes it.
        self._squares[found.slots] = squares
        self._weights[found.slots] += _RATE * gradient / np.sqrt(squares + _EASE)
        self._counts[found.slots] = counted(self._counts.take(found.slots, axis=0), abuse, weight)
        self._mails[abuse] += weight
        edges = np.searchsorted(keys, _EDGES)
        for family in _PAIRS:
            self._seen.add(keys[edges[family] : edges[family + 1]])

    def _slope(self, log_odds: float, abuse: bool) -> float:
        """Of the likelihood's logarithm: small where the label is likelier to be wrong than the model."""
        believed = sigmoid(log_odds if abuse else -log_odds)
        wrong = min(_LEAST_WRONG + _WRONG_OF_SURPRISES * self._surprises, 0.4)
        self._learned += 1
        self._surprises += max(1 / self._learned, _SURPRISES_KEPT) * (
            float((log_odds > 0) != abuse) - self._surprises
        )
        said = (1 - 2 * wrong) * believed
        slope = (1 - believed) * said / (wrong + said)
        return slope if abuse else -slope

    def __getstate__(self) -> dict[str, Any]:
        """Without the weights that were never moved."""
        kept = {name: value for name, value in self.__dict__.items() if not isinstance(value, np.ndarray)}
        return kept | {"tables": pack((self._weights, self._squares, self._counts))}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__()  # type: ignore[misc]
        unpack(state.pop("tables"), (self._weights, self._squares, self._counts))
        self.__dict__.update(state)


def sigmoid(log_odds: float) -> float:
    """Never overflows."""
    if log_odds >= 0:
        return 1 / (1 + math.exp(-log_odds))
    odds = math.exp(max(log_odds, -700.0))
    return odds / (1 + odds)
