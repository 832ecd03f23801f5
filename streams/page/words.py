"""Numbers as all reports write them."""

from __future__ import annotations

from models.backtest.interval import Share

DASH = "–"


def count(number: int) -> str:
    return f"{number:,}"


def percent(value: float) -> str:
    return f"{value * 100:.1f} %" if 0 < value < 1 else f"{value * 100:.0f} %"


def shared(share: Share) -> str:
    """A share with its interval, and what it was counted on."""
    if share.value is None or share.low is None or share.high is None:
        return DASH
    return f"{percent(share.value)} ({share.low * 100:.0f}–{share.high * 100:.0f}) of {count(share.of)}"
