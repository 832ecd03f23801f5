"""Figures of models as the page writes them."""

from __future__ import annotations

from datetime import UTC, datetime

from models.backtest.interval import share
from streams.page.words import DASH, count

_SPANS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def figure(value: float | None) -> str:
    return DASH if value is None else f"{value:.4f}"


def rate(value: float | None) -> str:
    """A share that may be small: three digits that matter."""
    return DASH if value is None else f"{value * 100:.3g} %"


def counted(value: float | None, of: int) -> str:
    """A share that was counted on ``of`` cases, with its 95 % interval."""
    if value is None or of == 0:
        return DASH
    found = share(round(value * of), of)
    assert found.low is not None
    assert found.high is not None
    return f"{rate(value)} ({rate(found.low)} to {rate(found.high)}) of {count(of)}"


def span(seconds: float | None) -> str:
    """A duration in the unit that gives it at least the number two, where there is one."""
    if seconds is None:
        return DASH
    unit_s, unit = next(((s, u) for s, u in _SPANS if seconds >= 2 * s), (1, "s"))
    return f"{seconds / unit_s:.3g} {unit}"


def moment(at_ms: int | None) -> str:
    if at_ms is None:
        return DASH
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def short(version: str | None) -> str:
    return "untrained" if version is None else version[:12]
