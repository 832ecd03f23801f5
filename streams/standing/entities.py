"""What is said of single entities: labels, and rules that are silent for them."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Generic, TypeVar

import msgspec

from streams.standing.records import EntityLabel, Note, Snooze, check

# An entity's name and value.
_Who = tuple[str, str]
_Note = TypeVar("_Note", bound=Note)


class _Notes(Generic[_Note]):
    """By entity; each one's notes are replaced whole, so that readers see them before or after a change."""

    def __init__(self, note: type[_Note]) -> None:
        self._type = note
        self._notes: dict[_Who, tuple[_Note, ...]] = {}
        self._who: dict[str, _Who] = {}

    def __len__(self) -> int:
        return len(self._who)

    def take(self, key: str, value: bytes | None) -> None:
        """Raises ValueError for what is no such note."""
        if value is None:
            self._drop(key)
            return
        note = msgspec.json.decode(value, type=self._type)
        check(key == note.key)
        who = note.entity, note.value
        # Who set it and why is for people, who read it from the topic.
        slim = msgspec.structs.replace(note, author="", reason="")
        self._notes[who] = (*self._without(key, who), slim)
        self._who[key] = who

    def _drop(self, key: str) -> None:
        who = self._who.pop(key, None)
        if who is None:
            return
        left = self._without(key, who)
        if left:
            self._notes[who] = left
        else:
            del self._notes[who]

    def _without(self, key: str, who: _Who) -> tuple[_Note, ...]:
        return tuple(note for note in self._notes.get(who, ()) if note.key != key)


class Labels(_Notes[EntityLabel]):
    """Words about entities."""

    def __init__(self) -> None:
        super().__init__(EntityLabel)

    def of(self, entities: Mapping[str, str], time_ms: int) -> dict[str, tuple[str, ...]]:
        """By entity name, its labels in force, sorted: those that a person set, or if there are none the others."""
        found = {}
        for who in entities.items():
            notes = self._notes.get(who)
            if notes is None:
                continue
            by: dict[str, set[str]] = {"manual": set(), "automatic": set()}
            for note in notes:
                if time_ms < (inf if note.expires_ms is None else note.expires_ms):
                    by[note.by].add(note.label)
            if labels := by["manual"] or by["automatic"]:
                found[who[0]] = tuple(sorted(labels))
        return found


class Snoozes(_Notes[Snooze]):
    """Rules that are silent for an entity until a date."""

    def __init__(self) -> None:
        super().__init__(Snooze)

    def of(self, entities: Mapping[str, str], time_ms: int, rules: frozenset[str]) -> tuple[str, ...]:
        """Those of ``rules`` that are silent for any of the entities, sorted."""
        found = {
            note.rule
            for who in entities.items()
            for note in self._notes.get(who, ())
            if note.rule in rules and time_ms < note.expires_ms
        }
        return tuple(sorted(found))
