"""Lists that people change live: what stands in them, and which key of the control topic it came by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from models.lists import PROTECT, EntityList, ListType, empty_list, normal
from streams import metrics
from streams.standing.records import LIST_KEY, ListEntry, check


class LiveLists:
    """By name, and within it by type: a list that was declared anew may still have entries of the old type."""

    def __init__(self) -> None:
        self._lists: dict[str, dict[ListType, EntityList]] = {}
        # Replaced whole; what readers use.
        self._shown: Mapping[str, tuple[EntityList, ...]] = {}
        self._entries: dict[str, tuple[ListType, str]] = {}

    def take(self, key: str, value: bytes | None) -> None:
        """Raises ValueError or ListError for what is no entry."""
        name, slash, _ = key.removeprefix(LIST_KEY).partition("/")
        if not slash:
            # A declaration: who writes entries reads it, and each entry says its type.
            return
        if value is None:
            self._drop(key, name)
            return
        entry = msgspec.json.decode(value, type=ListEntry)
        check(key == entry.key and entry.value == normal(entry.of, entry.value))
        check((entry.of == "entity") == (name == PROTECT))
        self._put(key, entry)

    def holds(self, list_name: str, name: str, value: Any, time_ms: int) -> bool:
        """Whether the value that an event has under ``name`` stands in the list."""
        return any(one.holds(name, value, time_ms) for one in self._shown.get(list_name, ()))

    def __contains__(self, list_name: str) -> bool:
        """Whether the list has entries."""
        return list_name in self._shown

    def _put(self, key: str, entry: ListEntry) -> None:
        if key in self._entries and self._entries[key] != (entry.of, entry.value):
            self._drop(key, entry.list)
        by_type = self._lists.setdefault(entry.list, {})
        if entry.of not in by_type:
            by_type[entry.of] = empty_list(entry.of)
        by_type[entry.of].put(entry.value, entry.expires_ms)
        self._entries[key] = entry.of, entry.value
        self._settle(entry.list)

    def _drop(self, key: str, name: str) -> None:
        held = self._entries.pop(key, None)
        if held is None:
            return
        of, value = held
        by_type = self._lists[name]
        by_type[of].drop(value)
        if not len(by_type[of]):
            del by_type[of]
        self._settle(name)

    def _settle(self, name: str) -> None:
        by_type = self._lists[name]
        if len(by_type) != len(self._shown.get(name, ())):
            self._shown = {one: tuple(types.values()) for one, types in self._lists.items() if types}
        metrics.LIST_ENTRIES.labels(name).set(sum(map(len, by_type.values())))
