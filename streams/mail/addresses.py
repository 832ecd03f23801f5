"""Addresses out of header values, without the grammar that no spam keeps to."""

from __future__ import annotations

import re

from streams.mail.text import decode_words

# Possessive, and content with an open end: a million quotes cost no more than a million letters.
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_COMMENT = re.compile(r"\([^()]*\)")
_ANGLE = re.compile(r"<([^<>]*)>")
_SEPARATOR = re.compile(r"[,;]")


def addresses(value: str) -> list[str]:
    """All addresses of a header's value, in order; a phrase without an address is none.

    >>> addresses('"Doe, J. <x@example.net>" <doe@example.com>, root, undisclosed-recipients:;')
    ['doe@example.com', 'root']
    """
    if "@" not in value and "=?" in value:
        value = decode_words(value)
    text = _COMMENT.sub(" ", _COMMENT.sub(" ", _QUOTED.sub(" ", value)))
    found = (_address(entry) for entry in _SEPARATOR.split(text))
    return [address for address in found if address]


def shown_name(value: str) -> str:
    """What a mail program shows instead of the first address: its phrase, or the comment behind it.

    >>> shown_name('"help@bank.example" <x@example.net>'), shown_name("ada@example.com (Ada Lake)")
    ('help@bank.example', 'Ada Lake')
    """
    text = decode_words(value)
    phrase, bracket, _address = text.rpartition("<")
    if bracket:
        return phrase.strip().strip('"').strip()
    comment = _COMMENT.search(text)
    return comment[0][1:-1].strip() if comment is not None else ""


def _address(entry: str) -> str:
    angle = _ANGLE.search(entry)
    if angle is not None:
        return " ".join(angle[1].split())
    words = entry.strip("<> \t\r\n").split()
    for word in reversed(words):
        if "@" in word:
            return word.rpartition(":")[2].strip("<>")
    return words[0] if len(words) == 1 and not words[0].endswith(":") else ""
