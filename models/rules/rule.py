"""A rule as an analyst writes it, and how its file is read."""

from __future__ import annotations

import difflib
import re
import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

import msgspec

from features.event import to_milliseconds
from models.actions import Action
from models.errors import RuleError

_TABLE = re.compile(r"\s*\[\[\s*rule\s*\]\]\s*(#.*)?$")


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An example in the rule's own file: field and feature values, and whether the rule fires on them."""

    fires: bool
    values: dict[str, Any]
    name: str = ""


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A condition written by a person, with an action and a reason.

    ``mode``: "live" counts, "shadow" only shows in verdicts, "off" is not evaluated.
    ``reason`` may name what the condition reads in braces: ``{ip.signups_1h}``.
    """

    id: str
    kind: str
    when: str
    action: Action
    reason: str
    owner: str
    severity: Literal["low", "medium", "high"] = "medium"
    tags: tuple[str, ...] = ()
    source: str = ""
    mode: Literal["live", "shadow", "off"] = "live"
    # A date or a moment, of which msgspec takes but one at a time.
    expires: Any = None
    cases: tuple[Case, ...]

    @property
    def expires_ms(self) -> int | None:
        """From this event time on the rule is silent; a date means its first moment, UTC."""
        if self.expires is None:
            return None
        moment = self.expires if isinstance(self.expires, datetime) else datetime(*self.expires.timetuple()[:3])
        return to_milliseconds(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class RuleFile:
    """Where a rule was written: for messages."""

    path: str
    line: int
    when_line: int


def read_rules(files: Mapping[str, str]) -> list[tuple[Rule, RuleFile]]:
    """All rules of these TOML texts, by the path that messages name; raises RuleError with file and line."""
    rules: list[tuple[Rule, RuleFile]] = []
    seen: dict[str, str] = {}
    for path, text in files.items():
        for rule, place in _read_file(path, text):
            if rule.id in seen:
                raise RuleError(f"{place.path}:{place.line}: rule {rule.id!r} already stands in {seen[rule.id]}")
            seen[rule.id] = place.path
            rules.append((rule, place))
    return rules


def _read_file(path: str, text: str) -> list[tuple[Rule, RuleFile]]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RuleError(f"{path}: not TOML: {error}") from None
    tables = document.pop("rule", [])
    if document:
        raise RuleError(
            f"{path}:1: {next(iter(document))!r} is no part of a rule file: begin each rule with [[rule]]"
        )
    if not isinstance(tables, list) or not tables:
        raise RuleError(f"{path}:1: no rules: begin each with [[rule]]")
    starts = [n for n, line in enumerate(text.splitlines(), 1) if _TABLE.match(line)]
    if len(starts) != len(tables):
        raise RuleError(
            f"{path}:1: begin each rule with a line [[rule]]; there are {len(starts)} for {len(tables)} rules"
        )
    rules = []
    for table, start in zip(tables, starts, strict=True):
        place = RuleFile(path, start, _line_of(text, start, "when"))
        rules.append((_convert(table, place), place))
    return rules


def _convert(table: Any, place: RuleFile) -> Rule:
    known = {field.name for field in msgspec.structs.fields(Rule)}
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(known))}"
            raise RuleError(f"{place.path}:{place.line}: unknown key {key!r}: {hint}")
    try:
        rule = msgspec.convert(table, Rule)
    except msgspec.ValidationError as error:
        raise RuleError(f"{place.path}:{place.line}: {error}") from None
    if rule.expires is not None and not isinstance(rule.expires, date):
        raise RuleError(
            f"{place.path}:{place.line}: expires is no date: write for example 2026-12-31, without quotes"
        )
    try:
        list(string.Formatter().parse(rule.reason))
    except ValueError as error:
        raise RuleError(f"{place.path}:{place.line}: reason: {error}") from None
    return rule


def _line_of(text: str, start: int, key: str) -> int:
    """The line on which the value of ``key`` begins, in the table that starts at line ``start``."""
    lines = text.splitlines()
    for number, line in enumerate(lines[start:], start + 1):
        if line.lstrip().startswith(key) and "=" in line:
            return number + (1 if line.rstrip().endswith(('"""', "'''")) else 0)
    return start
