"""Output files of commands: complete or absent, packed where the name says so, the same bytes for the same input."""

from __future__ import annotations

import gzip
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from features.errors import WeirError

STDOUT = Path("-")
Sink = IO[bytes] | gzip.GzipFile


class OutputError(WeirError):
    """A file cannot be written: make room, or name another place; the text names it."""


@contextmanager
def open_output(path: Path) -> Iterator[Sink]:
    """A file that appears under its name only when the block ends well; ``-`` is standard output."""
    if path == STDOUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        if path.exists() and not path.is_file():
            # A pipe or a device: there is nothing to replace.
            with path.open("wb") as file:
                yield file
        else:
            yield from _replaced(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}") from error


def _replaced(path: Path) -> Iterator[Sink]:
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            if path.suffix == ".gz":
                # Neither the time nor the part's name goes into the packed bytes.
                with gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
                    yield packed
            else:
                yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
