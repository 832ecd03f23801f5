"""The newest of many numbers, in order, in as little room as they need."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


class Recent:
    """The newest ``most`` rows of ``columns`` numbers each; a row that is too many drops the oldest."""

    def __init__(self, most: int, columns: int = 1, dtype: str = "<f8", held: bytes = b"") -> None:
        rows = np.frombuffer(held, dtype=dtype).reshape(-1, columns)[-most:]
        # Twice the room: rows are moved once in ``most`` appends, not in each.
        self._room = np.empty((2 * most, columns), dtype=dtype)
        self._room[: len(rows)] = rows
        self._most, self._start, self._end = most, 0, len(rows)

    def __len__(self) -> int:
        return self._end - self._start

    @property
    def rows(self) -> NDArray[Any]:
        """Shape (n, columns), the oldest first; valid until the next change."""
        return self._room[self._start : self._end]

    def column(self, number: int = 0) -> NDArray[Any]:
        return self.rows[:, number]

    def append(self, *row: float) -> None:
        if self._end == len(self._room):
            kept = self.rows.copy()
            self._room[: len(kept)] = kept
            self._start, self._end = 0, len(kept)
        self._room[self._end] = row
        self._end += 1
        self._start = max(self._start, self._end - self._most)

    def keep(self, newest: int) -> None:
        """Drop all but the ``newest`` rows."""
        self._start = max(self._start, self._end - newest)

    def delete(self, index: int) -> None:
        """Drop the row at ``index``."""
        at = self._start + index
        self._room[at : self._end - 1] = self._room[at + 1 : self._end].copy()
        self._end -= 1

    def held(self) -> bytes:
        """What makes it again."""
        return self.rows.tobytes()
