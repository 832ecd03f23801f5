"""Input cut into blocks of lines: what is handed to a process at once."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from streams.files import STDIN, InputError, open_input

BLOCK_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of a file, which whoever needs them reads for himself."""

    path: Path
    begin: int
    end: int

    def read(self) -> bytes:
        """Raises InputError."""
        with open_input(self.path) as opened:
            opened.stream.seek(self.begin)
            return opened.stream.read(self.end - self.begin)


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines. ``name``: of the file that they are from; ``is_first``: it begins with them.

    ``position``: bytes of all files that were read so far, as they are stored.
    """

    name: str
    is_first: bool
    content: bytes | Part
    position: int

    def read(self) -> bytes:
        """The lines; raises InputError."""
        return content_of(self.content)


def content_of(content: bytes | Part) -> bytes:
    return content if isinstance(content, bytes) else content.read()


def input_files(path: Path) -> list[Path]:
    """The file, or all files in a folder and below it in the order of their names; raises InputError."""
    if path == STDIN or not path.is_dir():
        return [path]
    files = sorted(one for one in path.rglob("*") if one.is_file() and not _is_hidden(one.relative_to(path)))
    if not files:
        raise InputError(f"{path} holds no files: name an archive of events or verdicts")
    return files


def read_blocks(files: Iterable[Path], block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
    """The files' lines in order, unpacked if they are gzip; raises InputError."""
    before = 0
    for path in files:
        with open_input(path) as opened:
            stream = opened.stream
            # Others may read what is neither packed nor flows by for themselves.
            is_plain = isinstance(stream.raw, io.FileIO) and stream.seekable() and path != STDIN
            contents = _parts(path, stream, block_bytes) if is_plain else _whole_lines(stream, block_bytes)
            for number, content in enumerate(contents):
                read = content.end if isinstance(content, Part) else opened.position
                yield Block(path.name, number == 0, content, before + read)
            before += opened.position


def block_lines(name: str, lines: Iterable[bytes], block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
    """Records that are made on the way, none of which has a line end within it."""
    held: list[bytes] = []
    size, is_first = 0, True
    for record in lines:
        held.append(record)
        size += len(record) + 1
        if size >= block_bytes:
            yield Block(name, is_first, b"".join(one + b"\n" for one in held), 0)
            held, size, is_first = [], 0, False
    if held:
        yield Block(name, is_first, b"".join(one + b"\n" for one in held), 0)


def _parts(path: Path, stream: io.BufferedReader, block_bytes: int) -> Iterator[bytes | Part]:
    size = stream.seek(0, io.SEEK_END)
    begin = 0
    while begin < size:
        stream.seek(min(size, begin + block_bytes) - 1)
        stream.readline()
        end = stream.tell()
        yield Part(path, begin, end)
        begin = end


def _whole_lines(stream: io.BufferedReader, block_bytes: int) -> Iterator[bytes | Part]:
    while data := stream.read(block_bytes):
        yield data if data.endswith(b"\n") else data + stream.readline()


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
