"""Live state as one value: fed by the control topic, asked once an event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock

import msgspec
import structlog

from features.event import Event
from models.facts import NO_FACTS, Facts
from models.lists import PROTECT, EntityList, ListError
from streams.standing.asked import Asked
from streams.standing.budgets import Budgets
from streams.standing.entities import Labels, Snoozes
from streams.standing.freezes import Freezes
from streams.standing.lists import LiveLists
from streams.standing.records import (
    FREEZE_KEY,
    LABEL_KEY,
    LIST_KEY,
    RESET_KEY,
    SNOOZE_KEY,
    TRIPPED_KEY,
    Trip,
    tripped_key,
)

log = structlog.get_logger()


class Standing:
    """Lists, labels, snoozes, freezes and budgets. Changes come from the control reader's thread, one at a time;
    whoever asks meanwhile sees one before it or after it.

    Expiries are compared with the event's time, so a replay finds the same.
    """

    def __init__(self) -> None:
        self._lists = LiveLists()
        self._labels = Labels()
        self._snoozes = Snoozes()
        self._freezes = Freezes()
        self._budgets = Budgets()
        self._changing = Lock()
        self._take: dict[str, Callable[[str, bytes | None], None]] = {
            LIST_KEY: self._lists.take,
            LABEL_KEY: self._labels.take,
            SNOOZE_KEY: self._snoozes.take,
            FREEZE_KEY: self._freezes.take,
            RESET_KEY: self._budgets.take_reset,
            TRIPPED_KEY: self._budgets.take_trip,
        }

    def on_control(self, key: str, value: bytes | None) -> None:
        """Take one change of the control topic; what cannot be read is reported, and what was there stays."""
        prefix, slash, _ = key.partition("/")
        take = self._take.get(prefix + slash)
        if take is None:
            return
        try:
            with self._changing:
                take(key, value)
        except (msgspec.MsgspecError, UnicodeError, ValueError, ListError):
            # Neither key nor value: both may hold what is personal.
            log.error("standing_refused", what=prefix, why="no entry that weir's commands write", doing="passed over")

    def facts(self, event: Event, entities: Mapping[str, str], asked: Asked) -> Facts:
        """What is to be known about one event, all but its escalation. ``entities``: as its verdict names them."""
        kind = event.kind.name
        freeze, tripped = self._freezes.of(kind), self._budgets.tripped(kind)
        quiet = freeze is None and not tripped and asked.protect is None and PROTECT not in self._lists
        if quiet and not asked.by_list and not len(self._labels) and not len(self._snoozes):
            return NO_FACTS
        time_ms = event.time_ms
        protect = self._protected(entities, asked.protect, time_ms)
        return Facts(
            lists=self._memberships(event, entities, asked, protect) if asked.by_list else {},
            labels=self._labels.of(entities, time_ms) if len(self._labels) else {},
            protect=protect,
            snoozed=self._snoozes.of(entities, time_ms, asked.rules) if len(self._snoozes) else (),
            freeze=freeze,
            tripped=tripped,
        )

    def protects(self, name: str, value: str, at_ms: int) -> bool:
        """Whether people protect this entity at that time, live; what files protect is the bundles' matter."""
        return self._lists.holds(PROTECT, name, value, at_ms)

    def tripped(self, kind: str) -> tuple[str, ...]:
        """The kind's budgets that tripped and were not reset since, sorted."""
        return self._budgets.tripped(kind)

    def reset_ms(self, kind: str, budget: str) -> int:
        """Which reset a budget counts from; 0: none. Each reset's is greater than the one before."""
        return self._budgets.reset_ms(kind, budget)

    def trip_record(self, kind: str, budget: str, at_ms: int) -> tuple[str, bytes]:
        """Key and value by which every worker learns that a budget is used up since this event time."""
        return tripped_key(kind, budget), msgspec.json.encode(Trip(at_ms, self.reset_ms(kind, budget)))

    def _memberships(
        self, event: Event, entities: Mapping[str, str], asked: Asked, protect: tuple[str, ...]
    ) -> dict[str, tuple[str, ...]]:
        found = {}
        for list_name, names in asked.by_list:
            if list_name == PROTECT:
                inside = [name for name in names if name in protect]
            else:
                own = asked.lists.get(list_name)
                if own is None and list_name not in self._lists:
                    continue
                inside = [name for name in names if self._is_in(list_name, own, name, event, entities)]
            if inside:
                found[list_name] = tuple(inside)
        return found

    def _is_in(
        self, list_name: str, own: EntityList | None, name: str, event: Event, entities: Mapping[str, str]
    ) -> bool:
        value, other = entities.get(name), getattr(event.data, name, None)
        if value is None or value == other:
            value, other = other, None
        for one in (value, other):
            if one is not None and (
                (own is not None and own.holds(name, one, event.time_ms))
                or self._lists.holds(list_name, name, one, event.time_ms)
            ):
                return True
        return False

    def _protected(self, entities: Mapping[str, str], own: EntityList | None, time_ms: int) -> tuple[str, ...]:
        if own is None and PROTECT not in self._lists:
            return ()
        found = [
            name
            for name, value in entities.items()
            if (own is not None and own.holds(name, value, time_ms))
            or self._lists.holds(PROTECT, name, value, time_ms)
        ]
        return tuple(sorted(found))
