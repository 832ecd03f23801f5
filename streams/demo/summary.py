"""The end of the demo: what Elasticsearch (or the verdicts file) holds, in numbers and in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from models.actions import ACTIONS
from streams.demo.words import in_words


@dataclass(frozen=True, slots=True)
class Row:
    """One decision as it was read back."""

    decision_id: str
    kind: str
    action: str
    score: float | None
    reasons: Sequence[Mapping[str, Any]]


@dataclass(slots=True)
class Summary:
    """Adds rows up; ``truth`` tells by decision id whether a label says abuse, ``own`` which mails are real."""

    truth: Mapping[str, bool]
    own: Set[str]
    actions: dict[str, Counter[str]] = field(default_factory=dict)
    agreement: dict[str, Counter[str]] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)
    told: dict[str, Row] = field(default_factory=dict)

    def add(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self.seen[row.decision_id] += 1
            self.actions.setdefault(row.kind, Counter())[row.action] += 1
            abuse = self.truth.get(row.decision_id)
            if abuse is not None:
                hit = "acted on" if row.action != "allow" else "allowed"
                self.agreement.setdefault(row.kind, Counter())[f"{'abuse' if abuse else 'legit'} {hit}"] += 1
            told = self.told.get(row.kind)
            # A mail of the user's own is worth more words than a simulated one.
            if told is None or (row.decision_id in self.own, len(row.reasons)) > (
                told.decision_id in self.own,
                len(told.reasons),
            ):
                self.told[row.kind] = row

    def missing(self, expected: Iterable[str]) -> int:
        return sum(1 for decision in expected if not self.seen[decision])

    def repeated(self) -> int:
        return sum(1 for count in self.seen.values() if count > 1)


def show(summary: Summary, source: str, next_steps: Sequence[str]) -> None:
    console = Console()
    if not console.is_terminal:
        console.width = 120
    console.print(f"\n[b]What {source} holds[/b]")
    table = Table("kind", "decisions", *ACTIONS)
    for kind, counts in sorted(summary.actions.items()):
        table.add_row(kind, str(counts.total()), *(str(counts[action]) for action in ACTIONS))
    console.print(table)
    agreement = Table("labelled decisions", "abuse acted on", "abuse allowed", "legit acted on", "legit allowed")
    for kind, counts in sorted(summary.agreement.items()):
        agreement.add_row(
            kind, *(str(counts[f"{truth} {hit}"]) for truth in ("abuse", "legit") for hit in ("acted on", "allowed"))
        )
    console.print(agreement)
    console.print("Models began with nothing and learned on the way; simulated attacks show plumbing, not quality.")
    console.print("\n[b]Verdicts in words[/b]")
    for row in summary.told.values():
        console.print(Padding(in_words(row.kind, row.action, row.score, row.reasons), (0, 0, 0, 2)), highlight=False)
    console.print("\n[b]What to try next[/b]")
    for step in next_steps:
        console.print(f"  • {step}", highlight=False, soft_wrap=True)
