"""An alarm: what has changed since when, in words for whoever is on call; a value that goes through JSON."""

from __future__ import annotations

from typing import Literal

import msgspec

What = Literal["data", "concept", "score", "mix"]
WHATS: tuple[What, ...] = ("data", "concept", "score", "mix")
# As many as somebody reads.
MOST_MOVED = 5


class Moved(msgspec.Struct, frozen=True):
    """Something that moved: a feature (data), an action's share (mix), a model's score (score) or error (concept).

    ``before`` and ``after``: its mean, in its own unit (of a feature with a heavy tail a mean that is not ruled by it).
    """

    name: str
    before: float
    after: float


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """``moved``: the largest first, at most ``MOST_MOVED``; ``more``: how many others moved too.

    Times are event time. ``since_ms``: when it was raised; ``at_ms``: when last confirmed; ``until_ms``: when it ends
    by itself unless confirmed again. ``model``: None for data and mix.
    """

    kind: str
    what: What
    model: str | None
    moved: tuple[Moved, ...]
    more: int
    words: str
    since_ms: int
    at_ms: int
    until_ms: int
