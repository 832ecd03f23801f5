"""Input cut into blocks of lines: what is handed to a process at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from streams.files import STDIN, InputError, open_input

BLOCK_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines. ``name``: of the file that they are from; ``first_line``: the number of the first, from 1.

    ``position``: bytes of all files that were read so far, as they are stored.
    """

    name: str
    first_line: int
    data: bytes
    position: int


def input_files(path: Path) -> list[Path]:
    """The file, or all files in a folder and below it in the order of their names; raises InputError."""
    if path == STDIN or not path.is_dir():
        return [path]
    files = sorted(
        one for one in path.rglob("*") if one.is_file() and not one.relative_to(path).as_posix().startswith(".")
    )
    if not files:
        raise InputError(f"{path} holds no files: name an archive of events or verdicts")
    return files


def read_blocks(files: Iterable[Path], block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
    """The files' lines in order, unpacked if they are gzip; raises InputError."""
    before = 0
    for path in files:
        with open_input(path) as opened:
            line = 1
            for data in _whole_lines(opened.stream, block_bytes):
                yield Block(path.name, line, data, before + opened.position)
                line += data.count(b"\n")
            before += opened.position


def block_lines(name: str, lines: Iterable[bytes], block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
    """Records that are made on the way, none of which has a line end within it."""
    held: list[bytes] = []
    size, line = 0, 1
    for record in lines:
        held.append(record)
        size += len(record) + 1
        if size >= block_bytes:
            yield Block(name, line, b"\n".join(held), 0)
            line += len(held)
            held, size = [], 0
    if held:
        yield Block(name, line, b"\n".join(held), 0)


def _whole_lines(stream: BinaryIO, block_bytes: int) -> Iterator[bytes]:
    while data := stream.read(block_bytes):
        yield data if data.endswith(b"\n") else data + stream.readline()
