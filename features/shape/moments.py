"""Where a moment lies in the week and in the actor's day."""

from __future__ import annotations

_HOUR_MS = 3_600_000
_NIGHT_ENDS = 5
# Degrees that the sun moves in an hour.
_DEGREES = 15


def hour_of_week(time_ms: int) -> float:
    """0 (Monday, 00 to 01 h UTC) to 167."""
    return (time_ms // _HOUR_MS + 72) % 168


def is_night(time_ms: int, longitude: float | None = None) -> float:
    """1 from 0 to 5 h by the sun at that longitude (degrees), by UTC where it is unknown; else 0.

    Most people sleep then and scripts do not.
    """
    shift_ms = 0 if longitude is None else int(longitude / _DEGREES * _HOUR_MS)
    return 1.0 if (time_ms + shift_ms) // _HOUR_MS % 24 < _NIGHT_ENDS else 0.0
