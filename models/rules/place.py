"""Where a rule was written, so that a message can point at it."""

from __future__ import annotations

from dataclasses import dataclass

from features.errors import ExpressionError, source_lines
from models.rules.finding import Finding, Level
from models.rules.toml import Table, characters, items, place, value_end


@dataclass(frozen=True, slots=True)
class RuleFile:
    """``line``: on which the rule begins. ``text``: the file's, normalized; ``table``: the rule's place in it."""

    path: str
    line: int
    column: int = 1
    text: str = ""
    table: Table | None = None

    def finding(
        self,
        message: str,
        *,
        rule: str = "",
        key: str | None = None,
        item: int | None = None,
        level: Level = "error",
    ) -> Finding:
        """About the value of ``key`` in the rule's table, or item ``item`` of it; else about the rule."""
        entry = self.table.entries.get(key) if self.table is not None and key is not None else None
        if entry is None:
            return self._at_rule(message, rule, level)
        start, end = entry.start, entry.end
        if item is not None and self.text[start] == "[":
            inside = items(self.text, start)
            if item < len(inside):
                start, end = inside[item], value_end(self.text, inside[item])
        return self._at(start, end, message, rule, level)

    def key_finding(self, key: str, message: str) -> Finding:
        """About a key itself."""
        entry = self.table.entries.get(key) if self.table is not None else None
        if entry is None:
            return self._at_rule(message, "", "error")
        return self._at(entry.key, entry.key + len(key), message, "", "error")

    def in_condition(self, error: ExpressionError, rule: str) -> Finding:
        """About the part of the condition that does not compile, on its own line of the file."""
        entry = self.table.entries.get("when") if self.table is not None else None
        decoded, offsets = "", [0]
        if entry is not None and self.text[entry.start] in "\"'":
            decoded, offsets = characters(self.text, entry.start)
        if decoded != error.text:
            return self._at_rule(error.render("when"), rule, "error")
        begin = min(_index(error.text, error.line, error.column), len(decoded))
        last = min(begin + error.width, len(decoded))
        return self._at(offsets[begin], offsets[last], error.message, rule, "error")

    def _at(self, start: int, end: int, message: str, rule: str, level: Level) -> Finding:
        line, column, source = place(self.text, start)
        width = min(end - start, len(source) - column + 1)
        return Finding(
            path=self.path,
            line=line,
            column=column,
            level=level,
            rule=rule,
            message=message,
            source=source,
            width=max(1, width),
        )

    def _at_rule(self, message: str, rule: str, level: Level) -> Finding:
        return Finding(path=self.path, line=self.line, column=self.column, level=level, rule=rule, message=message)


def _index(text: str, line: int, column: int) -> int:
    """The offset of a place that Python's parser gave: it counts lines by ``source_lines``."""
    index = 0
    for number, source in enumerate(source_lines(text), 1):
        if number == line:
            return index + column
        index += len(source)
        index += 2 if text.startswith("\r\n", index) else 1
    return len(text)
