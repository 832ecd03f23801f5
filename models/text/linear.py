"""Logistic regression on a mail's hashed features, learned online.

Each weight has a rate of its own (Adagrad: Duchi, Hazan and Singer, 2011). Labels may be wrong: the loss is that of a
label that is so at the rate at which labels of late surprised the model (Bootkrajang and Kabán, 2012).
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.text.features import FAMILIES, KEY_BITS, Features, Keys
from models.text.packing import pack, unpack
from models.text.seen import Seen
from models.text.strongest import Odds, counted, odds_of, shares, strongest

BITS: Final = 20
_RATE: Final = np.float32(0.18)
_EASE: Final = np.float32(1e-8)
# Most pairs never come again: a pair has a weight from its second mail on.
_PAIRS: Final = 2
_HASH: Final = (1 << KEY_BITS) - 1
# Headers speak in many families of few words; a word that is only a word has no other family to speak in.
_LOUDNESS: Final = np.array([0.8, 1, 0.8, 0.8, 0.8, 2.2, 1, 1], np.float32)
# With so many mails of the rarer class the log-odds count by half; with none of them nothing can be known.
_HALF_SURE: Final = 3.0
_LEAST_WRONG: Final = 0.0002
_MOST_WRONG: Final = 0.4
# Log-odds against its label with which a mail surprises, and what each label counts in the share of those that did.
_SURPRISING: Final = 2.0
_SURPRISE_RATE: Final = 0.01


class Found(NamedTuple):
    """``keys``: those of the mails that have a weight; ``slots``: whose; ``values``: what it is multiplied with.

    ``edges``: where each mail's begin; each has some.
    """

    keys: Keys
    slots: NDArray[np.int64]
    values: NDArray[np.float32]
    edges: NDArray[np.int64]


class Linear:
    """2**19 weights in float32, with what their learning needs."""

    def __init__(self) -> None:
        # A weight and two counts of 16 bits: what scoring reads of a slot is found by one look-up.
        self._slots = np.zeros(1 << BITS, np.uint64)
        self._weights = self._slots.view(np.float32)[::2]
        self._counts = self._slots.view(np.uint32)[1::2]
        self._squares = np.zeros(1 << BITS, np.float32)
        self._mails = [0.0, 0.0]
        self._surprises = 0.0
        self._seen = Seen()

    def find(self, features: Features) -> Found:
        """In each mail each family's values have the sum of squares that the family's loudness has."""
        keys, size = features
        pairs = ((keys >> KEY_BITS & (len(FAMILIES) - 1)) < _PAIRS).nonzero()[0]
        known = np.ones(len(keys), np.bool_)
        known[pairs] = self._seen.contains(keys.take(pairs))
        found = keys[known]
        sizes = np.bincount(found >> KEY_BITS, minlength=size * len(FAMILIES))
        scales = (np.tile(_LOUDNESS, size) / np.sqrt(np.maximum(sizes, 1))).astype(np.float32)
        edges = np.append(0, sizes.reshape(size, -1).sum(axis=1)[:-1].cumsum())
        return Found(found, (found & _HASH) >> (KEY_BITS - BITS), scales.repeat(sizes), edges)

    def log_odds(self, features: Features) -> list[float]:
        """Of each mail."""
        sureness = self.sureness
        return [log_odds * sureness for log_odds in self._log_odds(self.find(features))]

    def _log_odds(self, found: Found) -> list[float]:
        parts, odds = self._told(found)
        totals: list[float] = np.add.reduceat(parts.astype(np.float64), found.edges).tolist()
        if not self.sureness:
            return totals
        ends = [*found.edges[1:].tolist(), len(odds)]
        for mail, (start, end) in enumerate(zip(found.edges.tolist(), ends, strict=True)):
            totals[mail] += strongest(odds[start:end])
        return totals

    def _told(self, found: Found) -> tuple[NDArray[np.float32], Odds]:
        """What each weight adds to the log-odds, and what each feature's counts say."""
        slots = self._slots.take(found.slots)
        return slots.view(np.float32)[::2] * found.values, odds_of(
            slots.view(np.uint16).reshape(-1, 4)[:, 2:], *self._mails
        )

    def parts(self, found: Found) -> NDArray[np.float64]:
        """What each feature of one mail adds to the log-odds."""
        parts, odds = self._told(found)
        return (parts.astype(np.float64) + (shares(odds) if self.sureness else 0)) * self.sureness

    @property
    def sureness(self) -> float:
        """What the log-odds are multiplied with, in [0, 1): labels of one class say nothing about the other."""
        rarer = min(self._mails)
        return rarer / (rarer + _HALF_SURE)

    def learn(self, features: Features, abuse: bool, weight: float) -> None:
        """One step towards the label of one mail; ``weight`` scales its gradient; without any nothing is learned."""
        if not weight > 0:
            return
        found = self.find(features)
        log_odds = self._log_odds(found)[0]
        gradient = np.float32(self.slope(log_odds, abuse) * weight) * found.values
        self._surprises += _SURPRISE_RATE * (_is_surprising(log_odds, abuse) - self._surprises)
        squares = self._squares.take(found.slots) + gradient * gradient
        # Of features that share a slot the last one writes it.
        self._squares[found.slots] = squares
        self._weights[found.slots] += _RATE * gradient / np.sqrt(squares + _EASE)
        self._counts[found.slots] = counted(self._counts[found.slots], abuse, weight)
        self._mails[abuse] += weight
        self._seen.add(features.keys[: features.keys.searchsorted(_PAIRS << KEY_BITS)])

    def slope(self, log_odds: float, abuse: bool) -> float:
        """Of the likelihood's logarithm: small where the label is likelier to be wrong than the model."""
        believed = sigmoid(log_odds if abuse else -log_odds)
        wrong = min(_LEAST_WRONG + self._surprises, _MOST_WRONG)
        so_said = (1 - 2 * wrong) * believed
        slope = (1 - believed) * so_said / (wrong + so_said)
        return slope if abuse else -slope

    def __getstate__(self) -> dict[str, Any]:
        """Without the weights that were never moved."""
        kept = {name: value for name, value in self.__dict__.items() if not isinstance(value, np.ndarray)}
        return kept | {"tables": pack((self._slots, self._squares))}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__()  # type: ignore[misc]
        unpack(state.pop("tables"), (self._slots, self._squares))
        self.__dict__.update(state)


def _is_surprising(log_odds: float, abuse: bool) -> bool:
    return (log_odds if abuse else -log_odds) < -_SURPRISING


def sigmoid(log_odds: float) -> float:
    """Never overflows."""
    if log_odds >= 0:
        return 1 / (1 + math.exp(-log_odds))
    odds = math.exp(max(log_odds, -700.0))
    return odds / (1 + odds)
