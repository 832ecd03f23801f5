"""The alarms that stand: raised by what moved, confirmed while it lasts, ended by a day of event time without it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

from models.drift.alarm import MOST_MOVED, Alarm, Moved, What
from models.drift.scale import unsquash
from models.drift.series import Move
from models.drift.words import sentence

_STANDS_MS = 24 * 3_600_000


class Alarms:
    """Of one kind; at most one for data, one for the mix, and two a model."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._standing: dict[tuple[str, str | None], Alarm] = {}

    def put(self, alarms: Iterable[Alarm]) -> None:
        """Those that stood when the state was encoded."""
        self._standing = {(alarm.what, alarm.model): alarm for alarm in alarms}

    def at(self, now_ms: int) -> tuple[Alarm, ...]:
        """Those that stand at that time, the newest last."""
        standing = [alarm for alarm in self._standing.values() if alarm.until_ms > now_ms]
        return tuple(sorted(standing, key=lambda alarm: alarm.since_ms))

    def raise_for(self, moves: Sequence[Move], at_ms: int) -> None:
        """Raise or confirm what tripped; what is on the way there is named beside it."""
        self.put(self.at(at_ms))
        parted: dict[tuple[What, str | None], list[Moved]] = {}
        tripped = set()
        for move in moves:
            what, model, name = _parts(move.name)
            moved = Moved(name, unsquash(move.before), unsquash(move.after), move.size)
            parted.setdefault((what, model), []).append(moved)
            if move.tripped:
                tripped.add((what, model))
        for key in parted:
            if key in tripped:
                self._standing[key] = self._alarm(*key, parted[key], at_ms)

    def _alarm(self, what: What, model: str | None, moved: Sequence[Moved], at_ms: int) -> Alarm:
        old = self._standing.get((what, model))
        by_name = {one.name: one for one in (old.moved if old else ())} | {one.name: one for one in moved}
        largest = sorted(by_name.values(), key=lambda one: (-abs(one.size), one.name))
        named = tuple(largest[:MOST_MOVED])
        more = max(len(largest) - len(named), old.more if old else 0)
        return Alarm(
            kind=self._kind,
            what=what,
            model=model,
            moved=named,
            more=more,
            words=sentence(self._kind, what, model, named, more),
            since_ms=old.since_ms if old else at_ms,
            at_ms=at_ms,
            until_ms=at_ms + _STANDS_MS,
        )


def _parts(column: str) -> tuple[What, str | None, str]:
    """What a column is about, of which model, and the name of what moved."""
    what, _, name = column.partition(":")
    if what == "concept":
        model, _, name = name.rpartition(":")
        return "concept", model, name
    return cast(What, what), name if what == "score" else None, name
