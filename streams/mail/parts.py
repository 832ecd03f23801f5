"""The leaves of a MIME tree, decoded: what a mail says and what it carries."""

from __future__ import annotations

import base64
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import MessageError
from email.message import Message

from streams.mail.headers import Split, split_message
from streams.mail.text import decode_bytes

_DEEPEST = 16
_MOST_PARTS = 300
_LONGEST_TEXT = 524_288
_LONGEST_VALUE = 4096
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_DESCRIPTION = ("content-type", "content-disposition")
_WRONG = (MessageError, ValueError, LookupError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True)
class Part:
    """A leaf: ``text`` is its first half megabyte decoded, or None for what is attached."""

    type: str
    text: str | None


def leaves(message: Split) -> Iterator[Part]:
    """The message's leaves in order, at most 300, from at most 16 levels; deeper ones count as plain text."""
    budget = [_MOST_PARTS]
    for part in _leaves(message, 0, budget):
        if budget[0] <= 0:
            return
        budget[0] -= 1
        yield part


def _leaves(split: Split, depth: int, budget: list[int]) -> Iterator[Part]:
    described = _describe(split)
    kind = described.get_content_type()
    if depth < _DEEPEST and budget[0] > 0:
        if kind.startswith("multipart/"):
            pieces = _pieces(split.body, _boundary(described))
            if pieces is not None:
                for piece in pieces:
                    yield from _leaves(split_message(piece), depth + 1, budget)
                return
            kind = "text/plain"
        elif kind == "message/rfc822":
            yield from _leaves(split_message(_transferred(split, len(split.body))), depth + 1, budget)
            return
    if described.get_content_disposition() == "attachment" or not kind.startswith("text/"):
        yield Part(kind, None)
        return
    yield Part(kind, decode_bytes(_transferred(split, _LONGEST_TEXT), _charset(described)))


def _describe(split: Split) -> Message:
    described = Message()
    for name in _DESCRIPTION:
        value = split.first(name)
        if value:
            described[name] = value[:_LONGEST_VALUE]
    return described


def _boundary(described: Message) -> bytes:
    try:
        found = described.get_boundary() or ""
    except _WRONG:
        return b""
    try:
        return found.encode("latin-1")
    except UnicodeEncodeError:
        return found.encode("utf-8", "replace")


def _charset(described: Message) -> str | None:
    try:
        return described.get_content_charset()
    except _WRONG:
        return None


def _pieces(body: bytes, boundary: bytes) -> list[bytes] | None:
    """What stands between the boundaries; None if there is none."""
    if not boundary:
        return None
    pieces: list[bytes] = []
    start: int | None = None
    for mark in re.finditer(rb"(?:\A|\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?=\r?\n|\r?\Z)", body):
        if start is not None:
            pieces.append(_piece(body, start, mark.start()))
        if mark[1] or len(pieces) > _MOST_PARTS:
            return pieces or None
        start = mark.end()
    if start is not None:
        pieces.append(_piece(body, start, len(body)))
    return pieces or None


def _piece(body: bytes, start: int, end: int) -> bytes:
    line = body.find(b"\n", start, end)
    return b"" if line < 0 else body[line + 1 : end]


def _transferred(split: Split, longest: int) -> bytes:
    """The body's first ``longest`` bytes, decoded as its transfer encoding says."""
    encoding = split.first("content-transfer-encoding").partition(";")[0].strip().lower()
    if encoding == "base64":
        return _from_base64(split.body[: longest * 3 // 2])[:longest]
    if encoding == "quoted-printable":
        return quopri.decodestring(split.body[: longest * 3])[:longest]
    return split.body[:longest]


def _from_base64(body: bytes) -> bytes:
    letters = _NOT_BASE64.sub(b"", body)
    noise = len(body) - len(letters) - sum(map(body.count, (b"\r", b"\n", b"=")))
    if noise * 10 > len(letters):
        # It only says that it is base64.
        return body
    return base64.b64decode(letters[: len(letters) // 4 * 4] + _tail(letters))


def _tail(letters: bytes) -> bytes:
    rest = letters[len(letters) // 4 * 4 :]
    return rest + b"=" * (4 - len(rest)) if len(rest) > 1 else b""
