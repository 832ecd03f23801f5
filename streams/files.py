"""Reading a file from its start, unpacked if it is gzip, and telling how far it was read."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from features.errors import WeirError

_GZIP = b"\x1f\x8b"
STDIN = Path("-")


class InputError(WeirError):
    """A file of the input cannot be read: name another or repair it; the text names it."""


class Input:
    """An open file: ``stream`` has its unpacked bytes, ``position`` tells how many stored bytes were read."""

    def __init__(self, stored: io.BufferedReader, packed: bool) -> None:
        self._stored = stored
        unpacked = cast(io.RawIOBase, gzip.GzipFile(fileobj=stored, mode="rb")) if packed else None
        self.stream = cast(io.BufferedReader, stored if unpacked is None else io.BufferedReader(unpacked, 1 << 18))

    @property
    def position(self) -> int:
        return self._stored.tell() if self._stored.seekable() else 0


@contextmanager
def open_input(path: Path) -> Iterator[Input]:
    """Open a file, or standard input for ``-``; raises InputError, also where a packed file turns out broken."""
    try:
        if path == STDIN:
            yield _input(sys.stdin.buffer)
        else:
            with path.open("rb") as file:
                yield _input(file)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} cannot be read: {error.args[-1] if error.args else error}") from error


def _input(file: BinaryIO) -> Input:
    # Standard input may be replaced by something that can't look ahead.
    stored = file if isinstance(file, io.BufferedReader) else io.BufferedReader(cast(io.RawIOBase, file))
    return Input(stored, stored.peek(2)[:2] == _GZIP)
