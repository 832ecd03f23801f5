"""What is wrong with a rule, as a good compiler tells it: place, words, the line, and carets under the fault."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from models.errors import RuleError

Level = Literal["error", "warning"]


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``line`` and ``column`` count from 1; 0 where there is none. ``source``: the line itself, and ``width``: how
    many of its characters are meant."""

    path: str
    line: int = 0
    column: int = 0
    level: Level = "error"
    rule: str = ""
    message: str
    source: str = ""
    width: int = 1

    def render(self) -> str:
        place = ":".join([self.path, *(str(number) for number in (self.line, self.column) if number)])
        level = "warning: " if self.level == "warning" else ""
        rule = f"rule {self.rule!r}: " if self.rule else ""
        said = f"{place}: {level}{rule}{self.message}"
        if not self.source.strip():
            return said
        # A tab stays one, so that the caret stands under its character however wide tabs are.
        indent = "".join("\t" if char == "\t" else " " for char in self.source[: max(0, self.column - 1)])
        carets = "^" * max(1, min(self.width, len(self.source) - self.column + 1))
        return f"{said}\n    {self.source}\n    {indent}{carets}"


class Refusal(RuleError):
    """A rule that must not be used, with what is wrong with it."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.render())
        self.finding = finding


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """By file and line; of one line by column, then as they were found."""
    return sorted(findings, key=lambda finding: (finding.path, finding.line, finding.column))


def counts(findings: Iterable[Finding]) -> Mapping[Level, int]:
    levels = [finding.level for finding in findings]
    return {"error": levels.count("error"), "warning": levels.count("warning")}
