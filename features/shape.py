"""Numbers that describe a text, an address or a moment on their own."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

_HOUR_MS = 3_600_000


def entropy_bits(text: str) -> float:
    """Shannon entropy of the characters, in bits a character."""
    if not text:
        return 0.0
    total = len(text)
    return -sum(n / total * math.log2(n / total) for n in sorted(Counter(text).values()))


def digit_share(text: str) -> float:
    """Digits over all characters, 0 to 1."""
    return sum(character.isdigit() for character in text) / len(text) if text else 0.0


def upper_share(text: str) -> float:
    """Upper-case letters over all letters, 0 to 1."""
    letters = [character for character in text if character.isalpha()]
    return sum(character.isupper() for character in letters) / len(letters) if letters else 0.0


def length(text: Sequence[object]) -> float:
    return len(text)


def amount(value: float) -> float:
    """The number as it is."""
    return float(value)


def flag(value: bool) -> float:
    """1 for true, 0 for false."""
    return 1.0 if value else 0.0


def kilobytes(size_bytes: int) -> float:
    return size_bytes / 1000


def failed(result: str) -> float:
    """1 for a sender authentication that failed, wholly or softly, else 0."""
    return 1.0 if result in ("fail", "softfail", "permerror") else 0.0


def is_outbound(direction: str) -> float:
    return 1.0 if direction == "outbound" else 0.0


def hour_of_week(time_ms: int) -> float:
    """0 (Monday, 00 to 01 h UTC) to 167."""
    return (time_ms // _HOUR_MS + 72) % 168
