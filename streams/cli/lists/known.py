"""The lists that there are: from the files of the rulebook in force, and live from the control topic."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from features.errors import WeirError
from features.kinds import load_kinds
from models.lists import LIST_NAME, PROTECT, ListFile, ListType
from streams.cli.rulebook import lists_of, texts_in_force
from streams.settings import Settings
from streams.standing.records import LIST_KEY, ListDeclared, ListEntry

_PROTECT_IS = "entities that no automatic action hits"


class Known(msgspec.Struct, frozen=True):
    """``files``: by kind, what its bundle's file says; ``entries``: what was added live."""

    name: str
    of: ListType
    description: str
    files: dict[str, ListFile]
    entries: list[ListEntry]


def known_lists(control: Mapping[str, bytes], settings: Settings) -> dict[str, Known]:
    """All lists by name; raises RuleError. ``protect`` is always there."""
    files = lists_of(texts_in_force(control, load_kinds(settings.kinds_folders), settings))
    declared, entries = _live(control)
    known = {}
    for name in sorted({*files, *declared, *entries, PROTECT}):
        of_files, own = files.get(name, {}), entries.get(name, [])
        said: list[ListFile | ListDeclared] = [*of_files.values()]
        said += [declared[name]] if name in declared else []
        types: list[ListType] = [*(one.of for one in said), *(one.of for one in own), "entity"]
        description = next((one.description for one in said if one.description), _PROTECT_IS * (name == PROTECT))
        known[name] = Known(name, types[0], description, of_files, own)
    return known


def list_named(name: str, known: Mapping[str, Known]) -> Known:
    """Raises WeirError if there is no such list."""
    if name not in known:
        raise WeirError(f"there is no list {name!r}: there are {', '.join(known)}")
    return known[name]


def _live(control: Mapping[str, bytes]) -> tuple[dict[str, ListDeclared], dict[str, list[ListEntry]]]:
    """What was declared live, and what was added, each by the list's name."""
    declared: dict[str, ListDeclared] = {}
    entries: dict[str, list[ListEntry]] = {}
    for key, value in control.items():
        name, slash, _ = key.removeprefix(LIST_KEY).partition("/")
        if not key.startswith(LIST_KEY) or not LIST_NAME.fullmatch(name):
            continue
        try:
            if slash:
                entries.setdefault(name, []).append(msgspec.json.decode(value, type=ListEntry))
            else:
                declared[name] = msgspec.json.decode(value, type=ListDeclared)
        except msgspec.MsgspecError:
            # Workers pass it over too, and say so in their logs.
            continue
    return declared, entries
