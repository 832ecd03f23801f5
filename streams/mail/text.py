"""Bytes of unknown or lying charset to text: never fails, never yields what JSON can't carry."""

from __future__ import annotations

import codecs
import re
from email.errors import MessageError
from email.header import decode_header

# Names of codecs that Python knows and that are no charset of a mail: they escape, raise, or go quadratic.
_NO_CHARSETS = frozenset({"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "unicode_escape"})
_PLAIN = frozenset({"ascii", "utf-8"})
_FOLD = re.compile(r"\r*\n[ \t]*")
_MOST_ENCODED = 16_384


def clean(text: str) -> str:
    """The text without lone surrogates, each replaced by a question mark."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def decode_bytes(data: bytes, charset: str | None = None) -> str:
    """By the charset if that is one, else as UTF-8 if it is, else as Latin-1."""
    name = _codec(charset)
    if name is not None and name not in _PLAIN:
        try:
            return clean(data.decode(name, "replace"))
        except (UnicodeError, LookupError, ValueError):
            return data.decode("latin-1")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        if error.start and len(data) - error.start < 4 and error.reason == "unexpected end of data":
            return data[: error.start].decode()
        return data.decode("latin-1")


def decode_words(value: str) -> str:
    """A header's value unfolded, its encoded words decoded; one that can't be decoded stays as it is."""
    text = _FOLD.sub(" ", value).strip()
    if "=?" not in text:
        return text
    try:
        parts = decode_header(text[:_MOST_ENCODED])
    except (MessageError, ValueError, LookupError, TypeError, AssertionError):
        return text
    return clean("".join(part if isinstance(part, str) else decode_bytes(part, name) for part, name in parts))


def _codec(charset: str | None) -> str | None:
    if not charset:
        return None
    try:
        name = codecs.lookup(charset).name
    except (LookupError, ValueError, UnicodeError):
        return None
    return None if name in _NO_CHARSETS else name
