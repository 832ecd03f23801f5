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


def _address(entry: str) -> str:
    angle = _ANGLE.search(entry)
    if angle is not None:
        return " ".join(angle[1].split())
    words = entry.strip("<> \t\r\n").split()
    for word in reversed(words):
        if "@" in word:
            return word.rpartition(":")[2].strip("<>")
    return words[0] if len(words) == 1 and not words[0].endswith(":") else ""
