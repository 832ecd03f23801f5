"""Texts from records, as a terminal may show them."""

from __future__ import annotations


def plain(text: str) -> str:
    """Without what would move a terminal's cursor, or ask it something."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
