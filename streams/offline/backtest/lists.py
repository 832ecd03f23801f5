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

# A name (a field's or an entity's) and a list.
_Pairs = frozenset[tuple[str, str]]


class ListChange:
    """From the facts of a verdict that ``then`` decided to those that ``mine`` would have found.

    A value stands in a list if it stands in my file; or if the verdict says that it did, and not by then's file.
    Of lists that only mine asks for, what was set live is not known. ``then``: None if nobody knows that bundle.
    """

    def __init__(self, kind: Kind, mine: Bundle, then: Bundle | None) -> None:
        self._kind = kind
        self._nothing_live = Standing()
        asked_then = then.engine.memberships if then is not None else frozenset()
        files_then = then.lists if then is not None else {}
        changed = frozenset(
            (name, of)
            for name, of in mine.engine.memberships
            if (name, of) not in asked_then or mine.lists.get(of) != files_then.get(of)
        )
        protects = mine.lists.get(PROTECT) != files_then.get(PROTECT)
        self._changed = sorted((of, name) for name, of in changed if of != PROTECT)
        self._of_protect = tuple(sorted(name for name, of in mine.engine.memberships if of == PROTECT))
        self._mine = _asked(mine, changed, protects)
        self._then = _asked(then, changed & asked_then, protects)
        asks_protect = protects or any(of == PROTECT for _, of in changed)
        self.is_nothing = self._mine is NOTHING_ASKED and self._then is NOTHING_ASKED and not asks_protect

    def apply(self, recorded: Facts, time_ms: int, data: Any, entities: Mapping[str, str]) -> Facts:
        event = Event(self._kind, "", "", time_ms, data, "")
        mine = self._nothing_live.facts(event, entities, self._mine)
        then = self._nothing_live.facts(event, entities, self._then)
        if mine == then == NO_FACTS and not self._of_protect:
            return recorded
        protect = tuple(
            name
            for name in entities
            if name in mine.protect or (name in recorded.protect and name not in then.protect)
        )
        lists = {name: list(inside) for name, inside in recorded.lists.items()}
        for of, name in self._changed:
            inside = lists.setdefault(of, [])
            if name in inside and name in then.lists.get(of, ()):
                inside.remove(name)
            if name not in inside and name in mine.lists.get(of, ()):
                inside.append(name)
        lists[PROTECT] = [name for name in self._of_protect if name in protect]
        found = {name: tuple(inside) for name, inside in lists.items() if inside}
        facts = msgspec.structs.replace(recorded, lists=found, protect=protect)
        return NO_FACTS if facts == NO_FACTS else facts


def _asked(bundle: Bundle | None, pairs: _Pairs, protects: bool) -> Asked:
    """Of a bundle's own files those that have a part in the change; lists without entries say nothing."""
    if bundle is None:
        return NOTHING_ASKED
    files = {name: entries for name, entries in asked_of(bundle).lists.items() if len(entries)}
    mine = frozenset((name, of) for name, of in pairs if of in files and of != PROTECT)
    used = {of for _, of in mine} | ({PROTECT} if protects else set())
    lists = {name: entries for name, entries in files.items() if name in used}
    return Asked(mine, lists) if lists else NOTHING_ASKED
