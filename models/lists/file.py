"""A list as a rulebook folder holds it: ``lists/<name>.toml``, with its type and its entries."""

from __future__ import annotations

import difflib
import re
import tomllib
from datetime import UTC, date, datetime, time
from typing import Any

import msgspec

from features.event import to_milliseconds
from models.errors import RuleError
from models.lists.values import LIST_NAME, PROTECT, Entry, ListError, ListType, normal
from models.toml import read_toml

_TABLE = re.compile(r"\s*\[\[\s*entry\s*\]\]")


class ListFile(msgspec.Struct, frozen=True, kw_only=True):
    """``entries`` in the file's order, their values in their normal spelling."""

    name: str
    of: ListType
    description: str = ""
    entries: tuple[Entry, ...] = ()


class _WrittenEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    value: str | int
    # A date or a moment: TOML's own types, of which msgspec takes but one at a time.
    expires: Any = None
    author: str = ""
    reason: str = ""


class _Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    of: ListType = "entity"
    description: str = ""
    entry: tuple[_WrittenEntry, ...] = ()


def read_list(name: str, text: str, place: str) -> ListFile:
    """Read the text of a list's file, which messages call ``place``; raises RuleError, which repeats no value."""
    if not LIST_NAME.fullmatch(name):
        raise RuleError(
            f"{place}: a list's name is lower case, with digits and _, as rules write it: rename the file"
        )
    try:
        table = read_toml(text)
    except tomllib.TOMLDecodeError as error:
        raise RuleError(f"{place}: not TOML: {error}") from None
    _refuse_unknown(table, _Written, place)
    entries = table["entry"] if isinstance(table.get("entry"), list) else []
    lines = _lines(text, len(entries))
    for one, line in zip(entries, lines, strict=True):
        if isinstance(one, dict):
            _refuse_unknown(one, _WrittenEntry, f"{place}:{line}")
    try:
        written = msgspec.convert(table, _Written)
    except msgspec.ValidationError as error:
        raise RuleError(f"{place}{_line_of(str(error), lines)}: {error}") from None
    if (written.of == "entity") != (name == PROTECT) or ("of" not in table and name != PROTECT):
        raise RuleError(f"{place}: write of = one of ip, account, domain, asn, hash, text ({PROTECT!r} has none)")
    return ListFile(
        name=name,
        of=written.of,
        description=written.description,
        entries=_entries(written, lines, place),
    )


def _expires_ms(written: Any, place: str) -> int | None:
    """From then on, in milliseconds since 1970; a date is its first moment, and what has no zone is UTC."""
    if written is None:
        return None
    if not isinstance(written, date):
        raise RuleError(f"{place}: expires is no date and no moment: write for example 2026-11-21, without quotes")
    at = written if isinstance(written, datetime) else datetime.combine(written, time())
    return to_milliseconds(at if at.tzinfo is not None else at.replace(tzinfo=UTC))


def _entries(written: _Written, lines: list[int], place: str) -> tuple[Entry, ...]:
    found: dict[str, Entry] = {}
    for one, line in zip(written.entry, lines, strict=True):
        try:
            value = normal(written.of, str(one.value))
        except ListError as error:
            raise RuleError(f"{place}:{line}: the value {error}") from None
        if value in found:
            raise RuleError(f"{place}:{line}: the value stands there twice: keep one")
        expires_ms = _expires_ms(one.expires, f"{place}:{line}")
        found[value] = Entry(value, expires_ms, one.author, one.reason)
    return tuple(found.values())


def _refuse_unknown(table: dict[str, Any], known: type[msgspec.Struct], place: str) -> None:
    names = known.__struct_fields__
    for key in table:
        if key not in names:
            near = difflib.get_close_matches(key, names, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names)}"
            raise RuleError(f"{place}: unknown key {key!r}: {hint}")


def _lines(text: str, count: int) -> list[int]:
    """The line on which each entry begins; 1 for those that are written in another form than tables."""
    starts = [number for number, line in enumerate(text.splitlines(), 1) if _TABLE.match(line)]
    return starts if len(starts) == count else [1] * count


def _line_of(fault: str, lines: list[int]) -> str:
    """msgspec says ``$.entry[...]`` or ``$.entry[3].value``; only with the number there is a line."""
    found = re.search(r"\$\.entry\[(\d+)\]", fault)
    return f":{lines[int(found[1])]}" if found else ""
