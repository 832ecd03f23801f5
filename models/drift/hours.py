"""The hours that are open: sums of what has come in each, until an event two hours later closes it.

Event time alone counts. Partitions are read side by side, so an hour stays open for the next one's length; what comes
later still is left out. One event from far ahead does not close anything: a jump of more than a day must repeat.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from models.drift.scale import Array

HOUR_MS = 3_600_000
_JUMP = 24
_REPEATED = 100

Pending = tuple[Sequence[float], Mapping[str, float], str]


@dataclass(slots=True)
class Hour:
    """Of one hour and d columns: numbers, sums and sums of squares; ``pending``: decisions not yet in them.

    ``seen``: all events, ``kept``: those of the sample.
    """

    index: int
    counts: Array
    totals: Array
    squares: Array
    seen: int = 0
    kept: int = 0
    pending: list[Pending] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Block:
    """A closed hour: of d columns the number of values, their mean and their variance."""

    index: int
    counts: Array
    means: Array
    variances: Array
    seen: int


class Hours:
    """At most two open hours, the newest last. ``now_ms``: the latest event time that counted; -1 before any."""

    def __init__(self) -> None:
        self.open: list[Hour] = []
        self.now_ms = -1
        self.ahead = 0

    def admit(self, time_ms: int) -> bool:
        """Whether an event of this time counts: not from long ago, nor alone from far ahead."""
        index = time_ms // HOUR_MS
        if self.open:
            newest = self.open[-1].index
            if index < newest - 1:
                return False
            if index > newest + _JUMP:
                self.ahead += 1
                if self.ahead < _REPEATED:
                    return False
        self.ahead = 0
        if time_ms > self.now_ms:
            self.now_ms = time_ms
        return True

    def over(self, time_ms: int) -> list[Hour]:
        """The hours that an admitted event of this time closes, in order: they are no longer open."""
        oldest = time_ms // HOUR_MS - 1
        over = [hour for hour in self.open if hour.index < oldest]
        self.open = [hour for hour in self.open if hour.index >= oldest]
        return over

    def hour(self, time_ms: int, columns: int) -> Hour:
        """The open hour of an admitted event."""
        index = time_ms // HOUR_MS
        for hour in reversed(self.open):
            if hour.index == index:
                return hour
        found = Hour(index, np.zeros(columns), np.zeros(columns), np.zeros(columns))
        self.open.append(found)
        self.open.sort(key=lambda hour: hour.index)
        return found


def block_of(hour: Hour) -> Block:
    """The means of an hour whose decisions are all in its sums."""
    counts = np.maximum(hour.counts, 1.0)
    means = hour.totals / counts
    return Block(hour.index, hour.counts, means, np.maximum(0.0, hour.squares / counts - means**2), max(1, hour.seen))
