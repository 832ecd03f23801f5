"""Columns of numbers over time: their open hours, their past and their tests; columns come and go by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.drift.hours import Hour, Hours, block_of
from models.drift.likeness import compare
from models.drift.past import Past
from models.drift.turns import Turns


@dataclass(frozen=True, slots=True)
class Move:
    """A column that moved, on the scale: ``size`` in standard deviations among events, positive: it rose.

    ``tripped``: its test says so; else it is on the way there.
    """

    name: str
    before: float
    after: float
    size: float
    tripped: bool


class Series:
    """``names``: the columns; all arrays follow their order."""

    def __init__(self) -> None:
        self.names: tuple[str, ...] = ()
        self.hours = Hours()
        self.past = Past()
        self.turns = Turns()
        self._at: dict[str, int] = {}

    def at(self, name: str) -> int:
        """The position of a column; -1: there is none."""
        return self._at.get(name, -1)

    def use(self, names: Sequence[str]) -> None:
        """From now on these columns, in this order; what is known of those that stay is kept."""
        if tuple(names) == self.names:
            return
        positions = [self.at(name) for name in names]
        self.past.arrange(positions)
        self.turns.arrange(names, positions)
        at = np.array(positions, dtype=np.int64)
        for hour in self.hours.open:
            hour.counts, hour.totals, hour.squares = (
                np.append(sums, 0.0)[at] for sums in (hour.counts, hour.totals, hour.squares)
            )
        self.names = tuple(names)
        self._at = {name: position for position, name in enumerate(self.names)}

    def close(self, hour: Hour) -> list[Move]:
        """Compare an hour that is over; the columns that have moved, the largest first."""
        block = block_of(hour)
        self.past.advance(block)
        compared = compare(self.past, block, ~self.turns.suspect)
        found = self.turns.update(compared, block.counts)
        self.past.keep(block, ~self.turns.suspect)
        moves = [Move(self.names[at], *self.turns.means(at), tripped) for at, tripped in found.items()]
        return sorted(moves, key=lambda move: (-abs(move.size), move.name))

    def silent(self) -> list[str]:
        """Columns without a value in all of the kept hours and the open ones."""
        there = np.asarray((self.past.counts > 0).any(axis=0))
        for hour in self.hours.open:
            there = there | (hour.counts > 0)
        return [name for name, heard in zip(self.names, there.tolist(), strict=True) if not heard]
