"""elsewhere: what another kind of event tells about this event's actor."""

from __future__ import annotations

from dataclasses import dataclass

from features.aggregations.base import Stateful

READABLE = ("count", "sum", "share", "burst", "decayed", "distinct", "elapsed", "age")


@dataclass(frozen=True, slots=True)
class Elsewhere(Stateful):
    """The value of ``feature`` of another ``kind``, for the entity with this entity's value, at this event's time.

    It reads what that kind's events left and changes nothing; this event is in none of its counts.
    """

    kind: str = ""
    feature: str = ""
