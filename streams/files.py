"""Reading and writing line files: plain, gzipped (by content or name), or the standard streams as ``-``."""

from __future__ import annotations

import gzip
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

_GZIP = b"\x1f\x8b"


@contextmanager
def open_input(path: str) -> Iterator[BinaryIO]:
    """A file's bytes, unpacked if they are gzipped; ``-`` is standard input."""
    raw = sys.stdin.buffer if path == "-" else open(path, "rb")  # noqa: SIM115 - closed below
    buffered = raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(cast(io.RawIOBase, raw))
    try:
        packed = buffered.peek(2)[:2] == _GZIP
        yield cast(BinaryIO, gzip.GzipFile(fileobj=buffered)) if packed else buffered
    finally:
        if path != "-":
            raw.close()


@contextmanager
def open_output(path: str) -> Iterator[BinaryIO]:
    """A file to write, gzipped if its name ends in ``.gz``; ``-`` is standard output."""
    if path == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    elif path.endswith(".gz"):
        # No name and no time in the header: the same input gives the same bytes.
        with open(path, "wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed:
            yield cast(BinaryIO, packed)
    else:
        with open(path, "wb") as file:
            yield file
