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
from models.text.strongest import Counts, Odds, counted, odds_of, shares, strongest

BITS: Final = 19
_RATE: Final = np.float32(0.18)
_EASE: Final = np.float32(1e-8)
# Most pairs never come again: a pair has a weight from its second mail on.
_PAIRS: Final = 2
# Headers speak in many families of few words.
_LOUDNESS: Final = np.array([0.8, 1, 0.8, 0.8, 0.8, 1, 1, 1], np.float32)
_EDGES: Final = np.arange(1, len(FAMILIES) + 1, dtype=np.uint32) << np.uint32(KEY_BITS)
_BEHIND_PAIRS: Final = _EDGES[_PAIRS - 1]
_HASH: Final = np.uint32((1 << KEY_BITS) - 1)
_FOLD: Final = np.uint32(KEY_BITS - BITS)
# With so many mails of the rarer class the log-odds count by half; with none of them nothing can be known.
_HALF_SURE: Final = 3.0
_LEAST_WRONG: Final = 0.001
_MOST_WRONG: Final = 0.4
# Log-odds against its label with which a mail surprises, and what each label counts in the share of those that did.
_SURPRISING: Final = 2.0
_SURPRISE_RATE: Final = 0.01


class Found(NamedTuple):
    """``keys``: those of a mail's that have a weight; ``slots``: whose; ``values``: what it is multiplied with."""

    keys: Keys
    slots: NDArray[np.int64]
    values: NDArray[np.float32]


class Linear:
    """2**19 weights in float32, with what their learning needs."""

    def __init__(self) -> None:
        self._weights = np.zeros(1 << BITS, np.float32)
        self._squares = np.zeros(1 << BITS, np.float32)
        # Two counts of 16 bits a slot: one look-up finds both.
        self._counts = np.zeros(1 << BITS, np.uint32)
        self._mails = [0.0, 0.0]
        self._surprises = 0.0
        self._seen = Seen()

    def find(self, keys: Keys) -> Found:
        """Each family's values have the sum of squares that the family's loudness has."""
        pairs = keys[: keys.searchsorted(_BEHIND_PAIRS)]
        found = np.concatenate((pairs[self._seen.contains(pairs)], keys[len(pairs) :]))
        edges = found.searchsorted(_EDGES)
        sizes = edges.copy()
        sizes[1:] -= edges[:-1]
        scales = (_LOUDNESS / np.sqrt(np.maximum(sizes, 1))).astype(np.float32)
        return Found(found, ((found & _HASH) >> _FOLD).astype(np.int64), scales.repeat(sizes))

    def log_odds(self, keys: Keys) -> float:
        return self._log_odds(self.find(keys)) * self.sureness

    def _log_odds(self, found: Found) -> float:
        parts = self._weights.take(found.slots) * found.values
        total = float(parts.sum(dtype=np.float64))
        if min(self._mails) > 0:
            total += float(strongest(self._odds(found)).sum(dtype=np.float64))
        return total

    def parts(self, found: Found) -> NDArray[np.float64]:
        """What each of them adds to the log-odds."""
        parts = (self._weights.take(found.slots) * found.values).astype(np.float64)
        if min(self._mails) > 0:
            parts += shares(self._odds(found))
        return parts * self.sureness

    def _odds(self, found: Found) -> Odds:
        return odds_of(self._counts_of(found), *self._mails)

    def _counts_of(self, found: Found) -> Counts:
        both: Counts = self._counts.take(found.slots).view(np.uint16).reshape(-1, 2)
        return both

    @property
    def sureness(self) -> float:
        """What the log-odds are multiplied with, in [0, 1): labels of one class say nothing about the other."""
        rarer = min(self._mails)
        return rarer / (rarer + _HALF_SURE)

    def learn(self, keys: Keys, abuse: bool, weight: float) -> None:
        """One step towards the label; ``weight`` scales its gradient; without any nothing is learned."""
        if not weight > 0:
            return
        found = self.find(keys)
        gradient = np.float32(self._slope(self._log_odds(found), abuse) * weight) * found.values
        squares = self._squares.take(found.slots) + gradient * gradient
        # Of features that share a slot the last one writes it.
        self._squares[found.slots] = squares
        self._weights[found.slots] += _RATE * gradient / np.sqrt(squares + _EASE)
        self._counts[found.slots] = counted(self._counts_of(found), abuse, weight).view(np.uint32).ravel()
        self._mails[abuse] += weight
        self._seen.add(keys[: keys.searchsorted(_BEHIND_PAIRS)])

    def _slope(self, log_odds: float, abuse: bool) -> float:
        """Of the likelihood's logarithm: small where the label is likelier to be wrong than the model."""
        towards = log_odds if abuse else -log_odds
        wrong = min(_LEAST_WRONG + self._surprises, _MOST_WRONG)
        self._surprises += _SURPRISE_RATE * ((towards < -_SURPRISING) - self._surprises)
        believed = sigmoid(towards)
        so_said = (1 - 2 * wrong) * believed
        slope = (1 - believed) * so_said / (wrong + so_said)
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
