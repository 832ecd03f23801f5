"""What TOML's parser and msgspec say of a mistake, with its place in the file and in the words of its author."""

from __future__ import annotations

import difflib
import re
import typing
from collections.abc import Mapping
from typing import Any

from models.rules.finding import Finding
from models.rules.place import RuleFile

_TOML_PLACE = re.compile(r" \((?:at line (\d+), column (\d+)|at end of document)\)$")
_ABSENT = re.compile(r"Object missing required field `(\w+)`")
_MSGSPEC_KEY = re.compile(r" - at `\$\.(\w+)(?:\[(\d+)\])?(.*)`$")


def not_toml(path: str, text: str, fault: str) -> Finding:
    found = _TOML_PLACE.search(fault)
    message = f"not TOML: {_TOML_PLACE.sub('', fault)}"
    if found is None or found[1] is None:
        return Finding(path=path, line=text.count("\n") + 1, message=message)
    line, column = int(found[1]), int(found[2])
    source = text.split("\n")[line - 1]
    return Finding(path=path, line=line, column=column, message=message, source=source)


def ill_typed(fault: str, table: Mapping[str, Any], of: type, where: RuleFile) -> Finding:
    """``fault``: what msgspec says of a table that was to become an ``of``."""
    found = _MSGSPEC_KEY.search(fault)
    rule = str(table.get("id", ""))
    absent = _ABSENT.match(fault)
    if absent is not None and not found:
        return where.finding(f"{absent[1]!r} is missing", rule=rule)
    if found is None:
        return where.finding(f"{fault[0].lower()}{fault[1:]}", rule=rule)
    key, item = found[1], found[2]
    choices = typing.get_args(typing.get_type_hints(of)[key])
    if fault.startswith("Invalid enum value") and isinstance(table[key], str):
        near = difflib.get_close_matches(table[key], choices, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"write one of {', '.join(choices)}"
        return where.finding(f"{key} is {table[key]!r}: {hint}", rule=rule, key=key)
    words = fault[: found.start()]
    message = f"{key}{f'[{item}]' if item else ''}{found[3]}: {words[0].lower()}{words[1:]}"
    return where.finding(message, rule=rule, key=key, item=int(item) if item else None)
