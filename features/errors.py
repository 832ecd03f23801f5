"""The errors of this layer, named by what the operator does about them.

WeirError
├── InvalidEvent      a record that is no event: it goes to dead-letters; look at its producer
├── KindError         a kind's declaration is wrong: refuse to start, name file and remedy
├── ExpressionError   a condition does not compile: refuse it, with line, column and caret
├── ReferenceDataError  a file of reference data cannot be used: repair it; on a reload the running one stays
├── StoreUnavailable  the store does not answer: wait, retry with backoff
└── StoreBehind       a shard of the store lost its tail: read the gap again from Kafka, then go on
"""

from __future__ import annotations


class WeirError(Exception):
    """Base of every error that Weir raises on purpose."""


class InvalidEvent(WeirError):
    """A record that cannot be decoded as an event of its topic.

    ``reason`` is one of a small fixed set of words (a metric label, see ``REASONS``); ``detail`` says where,
    without any value from the record.
    """

    REASONS = (
        "empty",
        "oversized",
        "encoding",
        "json",
        "envelope",
        "specversion",
        "kind",
        "time",
        "future",
        "field",
        "label",
        "verdict",
        "document",
    )

    def __init__(self, reason: str, detail: str) -> None:
        assert reason in self.REASONS, reason
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class KindError(WeirError):
    """A kind's declaration contradicts itself; the text names the kind, the fault and the remedy.

    ``about``: the declared name at fault, by which the line in the kind's file is found.
    """

    def __init__(self, message: str, about: str | None = None) -> None:
        super().__init__(message)
        self.about = about


class ReferenceDataError(WeirError):
    """A file of reference data is broken; the text names the file, the line and the remedy."""


class StoreUnavailable(WeirError):
    """The feature store did not answer; nothing is known about whether it applied the call."""


class StoreBehind(WeirError):
    """A shard holds less than this worker last saw in it: what is missing must be read again.

    ``marks`` maps (shard, partition name) to the offset that the shard really holds, or None for none.
    """

    def __init__(self, marks: dict[tuple[int, str], int | None]) -> None:
        super().__init__(f"{len(marks)} marks of the feature store are behind")
        self.marks = marks


def source_lines(text: str) -> list[str]:
    """The lines of a condition as Python's parser counts them; str.splitlines knows more ends of a line."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


class ExpressionError(WeirError):
    """A condition that does not compile. Line and column count from 1 and from 0, as Python's own do."""

    def __init__(self, message: str, text: str, line: int = 1, column: int = 0, width: int = 1) -> None:
        self.message = message
        self.text = text
        self.line = line
        self.column = column
        self.width = max(1, width)
        super().__init__(self.render("condition"))

    def render(self, place: str, first_line: int | None = None) -> str:
        """The error as a compiler prints it: place, the source line, and a caret under the fault."""
        lines = source_lines(self.text)
        source = lines[min(self.line, len(lines)) - 1]
        where = f"{place}:{first_line + self.line - 1}" if first_line is not None else place
        width = min(self.width, max(1, len(source) - self.column))
        return f"{where}: {self.message}\n    {source}\n    {' ' * self.column}{'^' * width}"
