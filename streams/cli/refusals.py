"""What a command tells of records that it could not pass on: the first few with their place, all by reason."""

from __future__ import annotations

from collections import Counter

import click

from streams.clients.report import Report

_SHOWN = 5


class Refusals:
    """Collects refusals; ``count`` is how many there are."""

    def __init__(self, command: str) -> None:
        self._command = command
        self._reasons: Counter[str] = Counter()

    @property
    def count(self) -> int:
        return self._reasons.total()

    def add(self, reason: str, where: str) -> None:
        """Count one; the first few are told at once. ``where`` holds a place and a fault, no value of a record."""
        if self.count < _SHOWN:
            click.echo(f"{self._command}: refused ({reason}) {where}", err=True)
        self._reasons[reason] += 1

    def add_undelivered(self, report: Report) -> None:
        """Add what Kafka refused after it had been sent."""
        undelivered = [refused for refused in report.refusals if refused.reason == "kafka"]
        for refused in undelivered:
            self.add("kafka", f"record {refused.number}: {refused.detail}")
        self._reasons["kafka"] += report.refused.get("kafka", 0) - len(undelivered)

    def tell_unknown(self, count: int) -> None:
        """Say that fields were met that no kind declares: often a slip of the pen in an optional field's name."""
        if count:
            click.echo(f"{self._command}: {count} fields that their kind does not know were ignored", err=True)

    def tell(self) -> None:
        """Say how many there were of each reason, if any."""
        if self.count:
            counts = ", ".join(f"{reason} {count}" for reason, count in sorted(self._reasons.items()) if count)
            click.echo(f"{self._command}: refused {self.count}: {counts}", err=True)
