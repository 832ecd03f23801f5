"""What the hours of the last eight days were like, and how noisy an hour's mean is: the memory of the comparisons."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.drift.hours import Block
from models.drift.scale import Array

DAY = 24
# A week, and a day to spare.
SLOTS = 8 * DAY
# Events that the variance among events looks back.
_EVENTS = 20_000.0
# Before anything is known, events come as if in bursts of so many alike.
_BURST = 20.0
_UNKNOWN = {"born": -1.0, "bursts": _BURST}
BY_COLUMN = ("means", "counts", "within", "weight", "bursts", "compared", "born", "ramp", "ramped")


class Past:
    """Of d columns: ``means`` and ``counts`` of the hours (by index modulo ``SLOTS``), and what was learned of noise.

    ``seen``: events in each hour. ``within``: the variance among an hour's events. ``bursts``: how many like events
    come together: attacks do, so n events tell as much as n / bursts independent ones. ``compared``: how often the
    column was compared. ``born``: the index of its first hour. ``ramp``, ``ramped``: sums from which unlike.py
    learns how it grows with the known history.
    """

    def __init__(self) -> None:
        self.newest = -1
        self.first = -1
        self.seen = np.zeros(SLOTS)
        self.means = np.zeros((SLOTS, 0), dtype=np.float32)
        self.counts = np.zeros((SLOTS, 0), dtype=np.float32)
        self.within = np.zeros(0)
        self.weight = np.zeros(0)
        self.bursts = np.zeros(0)
        self.compared = np.zeros(0)
        self.born = np.zeros(0)
        self.ramp = np.zeros(0)
        self.ramped = np.zeros(0)

    def arrange(self, positions: list[int]) -> None:
        """Columns anew: each from its old position, or -1 for one of which nothing is known."""
        at = np.array(positions, dtype=np.int64)
        for name in BY_COLUMN:
            old = getattr(self, name)
            blank = np.full_like(old, _UNKNOWN.get(name, 0.0), shape=(*old.shape[:-1], 1))
            setattr(self, name, np.ascontiguousarray(np.concatenate([old, blank], axis=-1)[..., at]))

    def advance(self, block: Block) -> None:
        """Empty the slots from the newest hour to the block's, and learn how its events vary. Indices ascend."""
        if self.newest < 0 or block.index - self.newest > SLOTS:
            self.first = block.index
            self.counts[:] = 0.0
            self.seen[:] = 0.0
            self.born[:] = -1.0
        else:
            gone = [index % SLOTS for index in range(self.newest + 1, block.index + 1)]
            self.counts[gone] = 0.0
            self.seen[gone] = 0.0
        self.newest = block.index
        self.born[(self.born < 0) & (block.counts > 0)] = block.index
        self.weight = np.minimum(self.weight, _EVENTS) + block.counts
        self.within += block.counts / np.maximum(self.weight, 1.0) * (block.variances - self.within)

    def keep(self, block: Block, columns: NDArray[np.bool_]) -> None:
        """The block's hour is one that later ones are compared with, in these columns."""
        slot = block.index % SLOTS
        self.means[slot] = block.means
        self.counts[slot] = np.where(columns, block.counts, 0.0)
        self.seen[slot] = block.seen

    def events(self, index: int, hours: int) -> float:
        """Events in so many kept hours, the last of which is ``index``."""
        return float(sum(self.seen[(index - back) % SLOTS] for back in range(hours)))

    def between(self) -> Array:
        """The variance of the hours' means."""
        there = self.counts > 0
        number = np.maximum(there.sum(axis=0), 1)
        mean = np.where(there, self.means, 0.0).sum(axis=0) / number
        return np.asarray(np.where(there, (self.means - mean) ** 2, 0.0).sum(axis=0) / number)
