"""Mails as JSON lines: ``{"id", "ts", "raw", "label"?}`` with the raw message as Latin-1 text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import BinaryIO

from streams.mail.events import RawMail


class UnreadableLine(Exception):
    """A line that holds no mail: not JSON, or without ``raw``. The text says which line and why."""


def is_json_line(line: bytes) -> bool:
    """Whether a file that begins so holds JSON lines."""
    return line.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def read_json_lines(stream: BinaryIO, name: str) -> Iterator[RawMail | UnreadableLine]:
    """The mails in order. One without an id is named by the file and its line."""
    for number, line in enumerate(stream, 1):
        if line.strip(b"\xef\xbb\xbf \t\r\n\x00"):
            yield _mail(line, f"{name}:{number}")


def _mail(line: bytes, place: str) -> RawMail | UnreadableLine:
    text = line.decode("utf-8", "surrogateescape").lstrip("\ufeff")
    try:
        found = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return UnreadableLine(f"{place}: not JSON")
    if not isinstance(found, dict) or not isinstance(found.get("raw"), str):
        return UnreadableLine(f"{place}: not an object with the text 'raw'")
    given = found.get("id")
    has_id = isinstance(given, int | str) and given != ""
    return RawMail(str(given) if has_id else place, _bytes(found["raw"]), found.get("ts"), found.get("label"))


def _bytes(raw: str) -> bytes:
    try:
        return raw.encode("latin-1")
    except UnicodeEncodeError:
        # Somebody decoded it by its charset: the text counts then, not its bytes.
        return raw.encode("utf-8", "surrogateescape" if _escaped(raw) else "surrogatepass")


def _escaped(raw: str) -> bool:
    return all(not "\ud800" <= letter <= "\udfff" or "\udc80" <= letter <= "\udcff" for letter in raw)
