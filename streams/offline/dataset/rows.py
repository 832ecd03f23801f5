"""From verdicts to the rows of a data set: one decision once, of one kind, within a span of event times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from features.event import to_milliseconds
from models.backtest.truth import Held
from models.verdict import Verdict, event_time
from streams.offline.backtest.seen import Seen

# Rows that are looked at together, and that are held in memory: about 6 kB each.
BATCH = 5_000


class Row(NamedTuple):
    """A decision as it was made, and what is held for true of it. ``personal``: by column, if that is asked for."""

    id: str
    event_id: str
    source: str
    time_ms: int
    schema: str
    action: str
    score: float | None
    features: Mapping[str, float]
    scores: Mapping[str, float]
    held: Held | None
    personal: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """``from_ms`` to before ``to_ms``, in event time; None: without that end. ``personal``: with entities and fields,
    less the ``private`` ones."""

    kind: str
    from_ms: int | None
    to_ms: int | None
    personal: bool = False
    private: tuple[str, ...] = ()

    def spans(self, time_ms: int) -> bool:
        after = self.from_ms is None or self.from_ms <= time_ms
        return after and (self.to_ms is None or time_ms < self.to_ms)


@dataclass(slots=True)
class Counts:
    """What became of the verdicts; ``schemas``: rows by feature schema, ``labels``: rows by label."""

    rows: int = 0
    repetitions: int = 0
    corrections: int = 0
    labelled_ids: int = 0
    schemas: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)


def batches(
    verdicts: Iterable[Verdict], wanted: Wanted, truth: Mapping[str, Held], counts: Counts
) -> Iterator[list[Row]]:
    """Rows in the order of the verdicts, at most ``BATCH`` together. Of one id the first verdict counts."""
    seen = Seen()
    batch: list[Row] = []
    for verdict in verdicts:
        if verdict.data.event.kind != wanted.kind:
            continue
        time_ms = to_milliseconds(event_time(verdict))
        if not wanted.spans(time_ms):
            continue
        if isinstance(verdict.data.corrects, str):
            counts.corrections += 1
            continue
        batch.append(_row(verdict, time_ms, wanted, truth))
        if len(batch) == BATCH:
            yield _new(batch, seen, counts)
            batch = []
    if batch:
        yield _new(batch, seen, counts)


def _row(verdict: Verdict, time_ms: int, wanted: Wanted, truth: Mapping[str, Held]) -> Row:
    data = verdict.data
    personal: dict[str, Any] = {}
    if wanted.personal:
        personal = {f"entity.{name}": value for name, value in data.entities.items()}
        personal |= {f"field.{name}": value for name, value in data.fields.items() if name not in wanted.private}
    return Row(
        id=verdict.id,
        event_id=data.event.id,
        source=data.event.source,
        time_ms=time_ms,
        schema=data.schema,
        action=data.action,
        score=data.score,
        features=data.features,
        scores={one.model: one.score for one in data.scores},
        held=truth.get(verdict.id),
        personal=personal,
    )


def _new(batch: list[Row], seen: Seen, counts: Counts) -> list[Row]:
    new = seen.are_new(np.array([int(row.id[:16], 16) for row in batch], dtype=np.uint64))
    rows = [row for row, is_new in zip(batch, new, strict=True) if is_new]
    counts.rows += len(rows)
    counts.repetitions += len(batch) - len(rows)
    for row in rows:
        counts.schemas[row.schema] += 1
        counts.labelled_ids += row.held is not None
        given = None if row.held is None else row.held.given
        counts.labels["none" if given is None else given.label] += 1
    return rows
