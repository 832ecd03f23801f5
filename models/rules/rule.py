"""A rule as an analyst writes it, and how its file is read."""

from __future__ import annotations

import difflib
import re
import string
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, Literal

import msgspec

from features.event import to_milliseconds
from models.actions import Action
from models.facts import OVERALL
from models.rules.finding import Finding, Refusal
from models.rules.mistakes import ill_typed, not_toml
from models.rules.place import RuleFile
from models.rules.toml import Table, normalized, place, tables
from models.toml import read_toml

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An example in the rule's own file, and whether the rule fires on it.

    Either ``values``, of fields, features, entities and the score by name; or a whole ``event``, its fields by name,
    with ``values`` for the features and the score only, at ``time`` if that matters. ``lists``: by list, the names
    whose value stands in it. ``labels``: by entity, its labels.
    """

    fires: bool
    values: dict[str, Any] = {}
    name: str = ""
    event: dict[str, Any] | None = None
    # A moment, as TOML writes it without quotes.
    time: Any = None
    lists: dict[str, tuple[str, ...]] = {}
    labels: dict[str, tuple[str, ...]] = {}


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
    severity: Literal["low", "medium", "high", "critical"] = "medium"
    tags: tuple[str, ...] = ()
    source: str = ""
    mode: Literal["live", "shadow", "off"] = "live"
    # A date or a moment, of which msgspec takes but one at a time.
    expires: Any = None
    cases: tuple[Case, ...]

    @property
    def expires_ms(self) -> int | None:
        """From this event time on the rule is silent; a date means its first moment, UTC."""
        return None if self.expires is None else moment_ms(self.expires)


def moment_ms(written: date) -> int:
    """A date or a moment of a TOML file in milliseconds since 1970; what has no zone is UTC."""
    moment = written if isinstance(written, datetime) else datetime(written.year, written.month, written.day)
    return to_milliseconds(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))


def read_rules(files: Mapping[str, str]) -> list[tuple[Rule, RuleFile]]:
    """All rules of these TOML texts, by the path that messages name; raises Refusal for the first mistake."""
    rules, findings = read_all(files)
    for finding in findings:
        raise Refusal(finding)
    return rules


def read_all(files: Mapping[str, str]) -> tuple[list[tuple[Rule, RuleFile]], list[Finding]]:
    """All rules that can be read, and what is wrong with the others."""
    rules: list[tuple[Rule, RuleFile]] = []
    findings: list[Finding] = []
    seen: dict[str, RuleFile] = {}
    for path, text in files.items():
        for read in _read_file(path, normalized(text)):
            if isinstance(read, Finding):
                findings.append(read)
                continue
            rule, where = read
            first = seen.setdefault(rule.id, where)
            if first is where:
                rules.append(read)
            else:
                message = f"rule {rule.id!r} already stands in {first.path}:{first.line}"
                findings.append(where.finding(message, key="id"))
    return rules, findings


def _read_file(path: str, text: str) -> Iterator[tuple[Rule, RuleFile] | Finding]:
    try:
        document = read_toml(text)
    except tomllib.TOMLDecodeError as error:
        yield not_toml(path, text, str(error))
        return
    written = document.pop("rule", [])
    known = tables(text)
    if document:
        name = next(iter(document))
        place_of = next((table.start for table in known if table.name.partition(".")[0] == name), None)
        if place_of is None:
            entry = known[0].entries.get(name)
            place_of = 0 if entry is None else entry.key
        line, column, source = place(text, place_of)
        message = f"{name!r} is no part of a rule file: begin each rule with [[rule]]"
        yield Finding(path=path, line=line, column=column, message=message, source=source, width=len(name))
        return
    if not isinstance(written, list) or not written:
        yield Finding(path=path, line=1, message="no rules: begin each with [[rule]]")
        return
    headers = [table for table in known if table.name == "rule"]
    if len(headers) != len(written):
        message = f"begin each rule with a line [[rule]]; there are {len(headers)} for {len(written)} rules"
        yield Finding(path=path, line=1, message=message)
        return
    for table, header in zip(written, headers, strict=True):
        yield from _convert(table, _rule_file(path, text, header))


def _rule_file(path: str, text: str, header: Table) -> RuleFile:
    line, column, _ = place(text, header.start)
    return RuleFile(path, line, column, text, header)


def _convert(table: Any, where: RuleFile) -> Iterator[tuple[Rule, RuleFile] | Finding]:
    known = {field.name: field for field in msgspec.structs.fields(Rule)}
    unknown = [key for key in table if key not in known]
    for key in unknown:
        near = difflib.get_close_matches(key, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
        yield where.key_finding(key, f"unknown key {key!r}: {hint}")
    if unknown:
        return
    try:
        rule = msgspec.convert(table, Rule)
    except msgspec.ValidationError as error:
        yield ill_typed(str(error), table, Rule, where)
        return
    mistakes = list(_mistakes(rule, where))
    yield from mistakes
    if not mistakes:
        yield rule, where


def _mistakes(rule: Rule, where: RuleFile) -> Iterator[Finding]:
    if not _ID.fullmatch(rule.id) or rule.id == OVERALL:
        yield where.finding(
            "write an id of letters, digits, '-', '_' and '.', which is not 'overall'", rule=rule.id, key="id"
        )
    if rule.expires is not None and not isinstance(rule.expires, date):
        yield where.finding(
            "expires is no date: write for example 2026-12-31, without quotes", rule=rule.id, key="expires"
        )
    try:
        list(string.Formatter().parse(rule.reason))
    except ValueError as error:
        yield where.finding(str(error).lower(), rule=rule.id, key="reason")
    for number, case in enumerate(rule.cases):
        if case.time is not None and (case.event is None or not isinstance(case.time, datetime)):
            message = "time is that of an event: write for example 2026-12-31T23:59:00Z, without quotes"
            yield where.finding(message, rule=rule.id, key="cases", item=number)
