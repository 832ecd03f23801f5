"""An alarm: what has changed since when, in words for whoever is on call; a value that goes through JSON."""

from __future__ import annotations

from typing import Literal

import msgspec

What = Literal["data", "concept", "score", "mix"]
WHATS: tuple[What, ...] = ("data", "concept", "score", "mix")
# As many as somebody reads.
MOST_MOVED = 5


class Moved(msgspec.Struct, frozen=True):
    """Something that moved: a feature (data), an action's share (mix), a model's score or its error on a class.

    ``before`` and ``after``: its mean in its own unit; above 1 the geometric one, which heavy tails do not rule.
    ``size``: the movement in standard deviations among events; positive: it rose.
    """

    name: str
    before: float
    after: float
    size: float


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """``moved``: the largest first, at most ``MOST_MOVED``; ``more``: how many others moved too.

    ``model``: None for data and mix. Event times in ms: ``since_ms``: when it was raised; ``at_ms``: when it
    was last confirmed; ``until_ms``: when it ends by itself unless confirmed again.
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
