"""Columns of decision ids: which were met before, and which are labelled. 8 bytes an event, whatever it takes."""

from __future__ import annotations

from array import array
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]


class Seen:
    """The first 8 bytes of ids that were met. Among a hundred million ids two share them once in 3,000 backtests.

    Kept sorted, in a few parts of which each is less than half of the one before.
    """

    def __init__(self) -> None:
        self._parts: list[Ids] = []

    def are_new(self, ids: Ids) -> Flags:
        """Which of these are met for the first time; of equal ones the first."""
        _, first = np.unique(ids, return_index=True)
        new = np.zeros(len(ids), dtype=np.bool_)
        new[first] = True
        for part in self._parts:
            new &= ~_are_in(part, ids)
        added = ids[new]
        added.sort()
        while self._parts and len(self._parts[-1]) < 2 * len(added):
            added = np.concatenate((self._parts.pop(), added))
            added.sort()
        self._parts.append(added)
        return new


class Labelled:
    """Labels by decision id."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        self._by_id = {int(decision[:16], 16): label for decision, label in labels.items()}
        self._ids = np.fromiter(self._by_id, dtype=np.uint64, count=len(self._by_id))
        self._ids.sort()

    def find(self, ids: Ids) -> dict[int, str]:
        """By place, the labels of those of ``ids`` that have one."""
        if not len(self._ids):
            return {}
        return {int(place): self._by_id[int(ids[place])] for place in np.flatnonzero(_are_in(self._ids, ids))}


def ids_of(column: array[int]) -> Ids:
    return np.frombuffer(column, dtype=np.uint64)


def times_of(column: array[int]) -> npt.NDArray[np.int64]:
    return np.frombuffer(column, dtype=np.int64)


def _are_in(part: Ids, ids: Ids) -> Flags:
    if not len(part):
        return np.zeros(len(ids), dtype=np.bool_)
    places = np.minimum(np.searchsorted(part, ids), len(part) - 1)
    found: Flags = part[places] == ids
    return found
