"""The moments of a campaign: machines keep no hours."""

from __future__ import annotations

import random


def spread(rng: random.Random, count: int, start_ms: int, end_ms: int) -> list[int]:
    """``count`` moments in [start, end), ascending, evenly likely."""
    return sorted(rng.randrange(start_ms, end_ms) for _ in range(count))
