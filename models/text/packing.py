"""Tables that are mostly zero, as few bytes: what a checkpoint holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Table = NDArray[Any]


def pack(tables: Sequence[Table]) -> tuple[bytes, ...]:
    """Which rows are not zero in any table, one bit each, and of each table those rows."""
    used = np.zeros(len(tables[0]), np.bool_)
    for table in tables:
        used |= table.reshape(len(table), -1).any(axis=1)
    return np.packbits(used).tobytes(), *(table[used].tobytes() for table in tables)


def unpack(packed: Sequence[bytes], tables: Sequence[Table]) -> None:
    """Into tables that are all zero, of the shapes and types that were packed."""
    used = np.unpackbits(np.frombuffer(packed[0], np.uint8), count=len(tables[0])).view(np.bool_)
    for table, rows in zip(tables, packed[1:], strict=True):
        table[used] = np.frombuffer(rows, table.dtype).reshape(-1, *table.shape[1:])
