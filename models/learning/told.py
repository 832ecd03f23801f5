"""What a model's scores meant at a time: its calibration and thresholds, as they were."""

from __future__ import annotations

from bisect import bisect_right

import msgspec

from models.learning.calibration import IDENTITY, Calibration

_MOST = 256


class Meaning(msgspec.Struct, frozen=True):
    """In force from ``since_ms`` on. ``raw``: thresholds on raw scores, by promised rate; no entry where
    nobody could be hindered."""

    since_ms: int
    calibration: Calibration
    raw: dict[str, float] = {}


_BEFORE = Meaning(0, IDENTITY)


def at(meanings: list[Meaning], time_ms: int) -> Meaning:
    """The one in force at a time; before the first, scores were told as they are, and nothing was promised."""
    found = bisect_right(meanings, time_ms, key=lambda meaning: meaning.since_ms)
    return meanings[found - 1] if found else _BEFORE


def change(meanings: list[Meaning], newest: Meaning) -> None:
    """Add one, no older than those that are there. Of many the older half is thinned out: labels that come so late
    are judged by what was in force a little before."""
    if meanings and meanings[-1].since_ms == newest.since_ms:
        meanings.pop()
    if meanings and (meanings[-1].calibration, meanings[-1].raw) == (newest.calibration, newest.raw):
        return
    meanings.append(newest)
    if len(meanings) > _MOST:
        half = len(meanings) // 2
        meanings[:half] = meanings[:half:2]
