"""A backtest from its input to its report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from features.errors import InvalidEvent
from models.backtest.report import Report
from models.backtest.summary import summary
from streams.offline.backtest.cost import Sample, costs
from streams.offline.backtest.firing import Firing
from streams.offline.backtest.merge import Merge, OnDecision
from streams.offline.backtest.notes import kind_notes, notes
from streams.offline.backtest.plan import Plan
from streams.offline.backtest.seen import Labelled
from streams.offline.backtest.source import Refuse, Source
from streams.offline.backtest.workers import ALONE_BYTES, fire

_NO_VERDICT = InvalidEvent("verdict", "not a verdict")


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """``names``: what candidate and baseline are called. ``truth``: by decision id, "abuse" or "legit".

    ``workers``: processes of this machine, begun after ``alone_bytes``. ``dask``: a scheduler's address, or "local".
    ``measure``: also what rules cost.
    """

    plan: Plan
    names: tuple[str, str]
    truth: Mapping[str, str] = field(default_factory=dict)
    workers: int = 1
    dask: str | None = None
    alone_bytes: int = ALONE_BYTES
    measure: bool = True


def run(
    backtest: Backtest,
    source: Source,
    refuse: Refuse,
    on_decision: OnDecision | None = None,
    show: Callable[[int, int], None] = lambda _position, _events: None,
) -> Report:
    """Take all of the source; the same for any number of processes, but for costs.

    ``refuse`` is told of lines that are no verdicts, ``show`` of bytes read and events done.
    """
    plan = backtest.plan
    firing = Firing(plan)
    merge = Merge(firing, plan.kinds, Labelled(backtest.truth), on_decision)
    sample = Sample(plan.kinds)
    events = 0
    results = fire(
        source.blocks,
        plan,
        firing,
        workers=backtest.workers,
        dask=backtest.dask,
        alone_bytes=backtest.alone_bytes,
    )
    line = 1
    for block, fired in results:
        line = 1 if block.is_first else line
        merge.add(block, fired)
        for number in fired.refused:
            refuse(block.name, line + number, _NO_VERDICT)
        line += fired.line_count
        sample.add(block, fired)
        events += len(fired.ids)
        show(block.position, events)
    met = [kind for kind in plan.kinds if merge.comparisons[kind].shapes]
    passed_over = merge.passed_over + source.passed_over
    return Report(
        features=source.features,
        events=sum(merge.comparisons[kind].shapes.total() for kind in met),
        passed_over=dict(sorted(passed_over.items())),
        kinds=tuple(
            summary(
                merge.comparisons[kind],
                merge.galleries[kind],
                backtest.names,
                firing.kind(kind).catalogue.kind.target,
                kind_notes(firing.kind(kind), merge),
                costs(firing, kind, sample.lines[kind]) if backtest.measure else {},
            )
            for kind in met
        ),
        notes=tuple(notes(source.features, merge)),
    )
