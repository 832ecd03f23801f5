"""Mail corpora in the form of TREC's spam track: an index with a line ``spam|ham PATH`` for each mail, in order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from streams.files import InputError, open_input
from streams.mail.events import RawMail

_LINE = re.compile(r"(spam|ham)\s+(\S.*)", re.IGNORECASE)


def is_index(path: Path) -> bool:
    """Whether a file's first line is one of such an index."""
    if not path.is_file():
        return False
    with open_input(path) as opened:
        return _LINE.fullmatch(opened.stream.readline(4096).decode("latin-1").strip()) is not None


def read_index(path: Path) -> Iterator[RawMail]:
    """The mails in the index's order; paths are relative to the index. Raises InputError."""
    with open_input(path) as opened:
        lines = opened.stream.read().decode("utf-8", "surrogateescape").splitlines()
    for number, line in enumerate(filter(str.strip, lines), 1):
        found = _LINE.fullmatch(line.strip())
        if found is None:
            raise InputError(f"{path}: line {number} is not 'spam PATH' or 'ham PATH'")
        with open_input(path.parent / found[2]) as mail:
            yield RawMail(f"{path.name}:{number}", mail.stream.read(), None, found[1].lower())
