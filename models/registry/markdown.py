"""Tables, numbers and times as a model's card shows them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

NOT_YET = "not known yet"


def table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for cells in (names, ["---"] * len(names), *rows):
        yield "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


def number(value: float | None) -> str:
    return NOT_YET if value is None else f"{value:.4g}"


def duration(of_s: float | None) -> str:
    if of_s is None:
        return NOT_YET
    seconds, unit = next((s, u) for s, u in ((86_400, "d"), (3600, "h"), (60, "min"), (0, "s")) if of_s >= 2 * s)
    return f"{of_s / (seconds or 1):.3g} {unit}"


def time_of(at_ms: int | None) -> str:
    if at_ms is None:
        return NOT_YET
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
