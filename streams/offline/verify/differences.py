"""Where two records differ, field by field."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

_ABSENT = "absent"


class Difference(NamedTuple):
    """``field``: its path in the record. ``recorded`` and ``recomputed``: as JSON in ASCII, or "absent"."""

    field: str
    recorded: str
    recomputed: str


def differences(recorded: bytes, recomputed: bytes) -> list[Difference]:
    """All of them, in the order of the fields; where the same content is only spelled otherwise, the first byte.

    Both are JSON. The digest is left out unless it is all that differs: it follows from the rest.
    """
    if recorded == recomputed:
        return []
    found = list(_between("", msgspec.json.decode(recorded), msgspec.json.decode(recomputed)))
    telling = [one for one in found if one.field != "data.digest"] or found
    return telling or [_first_byte(recorded, recomputed)]


def _between(path: str, recorded: Any, recomputed: Any) -> Iterator[Difference]:
    if isinstance(recorded, dict) and isinstance(recomputed, dict):
        for name in (*recorded, *(name for name in recomputed if name not in recorded)):
            yield from _entry(f"{path}.{name}" if path else name, name, recorded, recomputed)
    elif isinstance(recorded, list) and isinstance(recomputed, list):
        for number in range(max(len(recorded), len(recomputed))):
            yield from _entry(f"{path}[{number}]", number, _numbered(recorded), _numbered(recomputed))
    elif type(recorded) is not type(recomputed) or recorded != recomputed:
        yield Difference(path, _shown(recorded), _shown(recomputed))


def _entry(path: str, name: Any, recorded: dict[Any, Any], recomputed: dict[Any, Any]) -> Iterator[Difference]:
    if name not in recomputed:
        yield Difference(path, _shown(recorded[name]), _ABSENT)
    elif name not in recorded:
        yield Difference(path, _ABSENT, _shown(recomputed[name]))
    else:
        yield from _between(path, recorded[name], recomputed[name])


def _numbered(items: list[Any]) -> dict[Any, Any]:
    return dict(enumerate(items))


def _shown(value: Any) -> str:
    """In ASCII: a value may hold what would move a terminal's cursor."""
    return json.dumps(value)


def _first_byte(recorded: bytes, recomputed: bytes) -> Difference:
    at = next(
        (n for n, (a, b) in enumerate(zip(recorded, recomputed, strict=False)) if a != b),
        min(len(recorded), len(recomputed)),
    )
    return Difference(f"byte {at}", _around(recorded, at), _around(recomputed, at))


def _around(record: bytes, at: int) -> str:
    return json.dumps(record[max(0, at - 20) : at + 20].decode("utf-8", "replace"))
