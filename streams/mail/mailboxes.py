"""Mails from where people have them: mbox files, maildirs, single files, folders of raw messages, JSON lines."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from streams.files import STDIN, Input, InputError, open_input
from streams.mail.events import RawMail
from streams.mail.jsonlines import UnreadableLine, is_json_line, read_json_lines

_JSON_LINES = (".jsonl", ".ndjson", ".json")
_MAILDIR = ("new", "cur")
# The line that begins a mail in an mbox has a sender and a time; "From now on, …" in a text has not.
_MBOX_LINE = re.compile(rb"From \S.*\d{1,2}:\d{2}")


class MailReader:
    """Iterates over the mails of files and folders, always in the same order; lines that hold none are yielded too.

    An id that the source does not give is the path below the given one and, in a file of several, the index;
    the second of a name gets ``#2``. ``total_bytes`` is the size of what is to be read, ``done_bytes`` how much was.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self._files = [file for path in paths for file in _files(path)]
        self._seen: dict[str, int] = {}
        self._open: Input | None = None
        self._finished_bytes = 0
        self.total_bytes = sum(_size(path) for path, _name in self._files)

    @property
    def done_bytes(self) -> int:
        return self._finished_bytes + (self._open.position if self._open is not None else 0)

    def __iter__(self) -> Iterator[RawMail | UnreadableLine]:
        for path, name in self._files:
            with open_input(path) as opened:
                self._open = opened
                yield from self._mails(path, self._unique(name), opened.stream)
            self._open = None
            self._finished_bytes += _size(path)

    def _mails(self, path: Path, name: str, stream: BufferedReader) -> Iterator[RawMail | UnreadableLine]:
        start = stream.peek(4096)
        suffix = Path(path.name.removesuffix(".gz")).suffix.lower()
        if suffix in _JSON_LINES or (suffix != ".eml" and is_json_line(start)):
            yield from read_json_lines(stream, name)
        elif suffix == ".mbox" or (suffix != ".eml" and _MBOX_LINE.match(start)):
            for index, raw in enumerate(read_mbox(stream)):
                yield RawMail(f"{name}:{index}", raw)
        else:
            yield RawMail(name, stream.read())

    def _unique(self, name: str) -> str:
        count = self._seen[name] = self._seen.get(name, 0) + 1
        return name if count == 1 else f"{name}#{count}"


def read_mbox(stream: BinaryIO) -> Iterator[bytes]:
    """The mails of an mbox, each with the line that begins it."""
    lines: list[bytes] = []
    after_empty = True
    for line in stream:
        if after_empty and _MBOX_LINE.match(line) and any(map(bytes.strip, lines)):
            yield b"".join(lines)
            lines = []
        lines.append(line)
        after_empty = not line.strip()
    if any(map(bytes.strip, lines)):
        yield b"".join(lines)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path != STDIN else 0
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None


def _files(path: Path) -> Iterator[tuple[Path, str]]:
    """Each file with its name, which begins with the last part of the given path."""
    if path == STDIN or not path.is_dir():
        yield path, path.name
        return
    root = path.resolve()
    for file in _below(root):
        yield file, str(file.relative_to(root.parent))


def _below(folder: Path) -> Iterator[Path]:
    entries = sorted(os.scandir(folder), key=lambda entry: os.fsencode(entry.name))
    names = {entry.name for entry in entries if entry.is_dir()}
    is_maildir = names.issuperset(_MAILDIR)
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            # A maildir keeps what is half delivered in tmp, and its subfolders under names with a dot.
            if entry.name != "tmp" if is_maildir else not entry.name.startswith("."):
                yield from _below(Path(entry.path))
        elif not is_maildir and not entry.name.startswith(".") and entry.is_file():
            yield Path(entry.path)
