"""List membership under another bundle: as recorded, but for what the bundles' own files make different."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from features.event import Event
from features.kind import Kind
from models.bundle import Bundle
from models.facts import NO_FACTS, Facts
from models.lists import PROTECT
from streams.standing import NOTHING_ASKED, Standing
from streams.standing.asked import Asked, asked_of


class ListView:
    """What a bundle's own files say, asked as the workers ask, with nothing set live."""

    def __init__(self, bundle: Bundle | None) -> None:
        self.asked: Asked = NOTHING_ASKED if bundle is None else asked_of(bundle)
        self._files = {} if bundle is None else bundle.lists
        self._nothing_live = Standing()

    def facts(self, event: Event, entities: Mapping[str, str]) -> Facts:
        return self._nothing_live.facts(event, entities, self.asked)

    def covers(self, other: ListView) -> bool:
        """Whether all that the other asks is asked here, of files that say the same."""
        used = {name for _, name in other.asked.memberships} | {PROTECT}
        same = all(self._files.get(name) == other._files.get(name) for name in used)
        return same and other.asked.memberships <= self.asked.memberships


class ListChange:
    """From the facts of a verdict that ``then`` decided to those that ``mine`` would have found.

    A value stands in a list if it stands in my file; or if the verdict says that it did, and not by then's file.
    Of lists that only mine asks for, what was set live is not known.
    """

    def __init__(self, kind: Kind, mine: ListView, then: ListView) -> None:
        self._kind = kind
        self._mine = mine
        self._then = then
        self.is_nothing = then.covers(mine)

    def apply(self, recorded: Facts, time_ms: int, data: Any, entities: Mapping[str, str]) -> Facts:
        event = Event(self._kind, "", "", time_ms, data, "")
        mine, then = self._mine.facts(event, entities), self._then.facts(event, entities)
        protect = tuple(
            name
            for name in entities
            if name in mine.protect or (name in recorded.protect and name not in then.protect)
        )
        lists = {}
        for list_name, names in self._mine.asked.by_list:
            if list_name == PROTECT:
                inside = tuple(name for name in names if name in protect)
            else:
                held, gone = recorded.lists.get(list_name, ()), then.lists.get(list_name, ())
                known = mine.lists.get(list_name, ())
                inside = tuple(name for name in names if name in known or (name in held and name not in gone))
            if inside:
                lists[list_name] = inside
        facts = msgspec.structs.replace(recorded, lists=lists, protect=protect)
        return NO_FACTS if facts == NO_FACTS else facts
