"""A field's value as a number: as it is, whether it is there, how long it is."""

from __future__ import annotations

from collections.abc import Sequence


def amount(value: float) -> float:
    """The number as it is."""
    return float(value)


def flag(value: bool) -> float:
    """1 for true, 0 for false."""
    return 1.0 if value else 0.0


def length(text: Sequence[object]) -> float:
    """Characters of a text, or items of a list."""
    return len(text)


def empty(text: Sequence[object]) -> float:
    """1 for an empty text or list, else 0. With the default 1 it tells what is not given at all."""
    return 0.0 if text else 1.0


def kilobytes(size_bytes: int) -> float:
    """Bytes over 1000."""
    return size_bytes / 1000
