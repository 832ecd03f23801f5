"""When people do things: a day's and a week's rhythm, and moments drawn from it in order."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
# Shares of a day's activity by hour, local to where most people of the population live.
_DAY = (6, 4, 3, 2, 2, 4, 10, 22, 38, 46, 48, 46, 44, 46, 46, 44, 42, 40, 42, 46, 48, 42, 28, 14)
_WEEKEND = 0.6
# 1970-01-01 was a Thursday.
_FIRST_WEEKDAY = 3


def activity(time_ms: int) -> float:
    """How lively the hour of that moment is, relative to others."""
    hours = time_ms // HOUR_MS
    weekday = (hours // 24 + _FIRST_WEEKDAY) % 7
    return _DAY[hours % 24] * (_WEEKEND if weekday >= 5 else 1.0)


def moments(rng: random.Random, count: int, start_ms: int, end_ms: int) -> Iterator[int]:
    """``count`` moments in [start, end), ascending, more of them in lively hours; none is kept in memory."""
    hours = range(start_ms, end_ms, HOUR_MS)
    edges = [0.0, *accumulate(activity(hour) * min(HOUR_MS, end_ms - hour) for hour in hours)]
    total = edges[-1]
    left = 1.0
    for remaining in range(count, 0, -1):
        # The least of n uniform numbers, then the least of the rest above it, and so on.
        left *= rng.random() ** (1.0 / remaining)
        at = (1.0 - left) * total
        hour = min(bisect_right(edges, at), len(edges) - 1) - 1
        width_ms = min(HOUR_MS, end_ms - hours[hour])
        share = (at - edges[hour]) / (edges[hour + 1] - edges[hour])
        yield hours[hour] + min(int(share * width_ms), width_ms - 1)
