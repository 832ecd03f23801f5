"""The part of a backtest that goes through all events once, in log order: repetitions, labels, and what the decisions
of each bundle lead to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import numpy.typing as npt

from models.backtest.comparison import BASELINE, HOUR_MS, Comparison, Row
from models.backtest.gallery import Gallery
from models.policy import Outcome
from streams.offline.backtest.blocks import Block
from streams.offline.backtest.exhibit import Exhibit
from streams.offline.backtest.firing import Fired, Firing
from streams.offline.backtest.judging import Group
from streams.offline.backtest.seen import Labelled, Seen, ids_of, times_of

# Of every event its line, and both outcomes.
OnDecision = Callable[[bytes, tuple[Outcome, Outcome]], None]
_ALLOWED = Outcome("allow", "allow", (), ())
_Places = npt.NDArray[np.intp]


class Merge:
    """Takes the results of blocks in their order. ``firing``: of this process, to show single events.

    ``passed_over``: records that were not judged, by reason. ``groups``: verdicts by what they have in common.
    """

    def __init__(
        self, firing: Firing, kinds: Iterable[str], labelled: Labelled, on_decision: OnDecision | None = None
    ) -> None:
        self.comparisons = {kind: Comparison(kind, firing.kind(kind).bundles) for kind in kinds}
        self.galleries = {kind: Gallery(firing.kind(kind).bundles) for kind in self.comparisons}
        self.passed_over: Counter[str] = Counter()
        self.groups: Counter[Group] = Counter()
        self._firing = firing
        self._labelled = labelled
        self._seen = Seen()
        self._on_decision = on_decision

    def add(self, block: Block, fired: Fired) -> None:
        """Take one block."""
        self.passed_over.update(fired.passed_over)
        ids = ids_of(fired.ids)
        new = self._seen.are_new(ids)
        repeated = len(ids) - int(np.count_nonzero(new))
        if repeated:
            self.passed_over["repetitions"] += repeated
        labels = self._labelled.find(ids)
        rows = {row.place: row for row in fired.rows}
        told = np.zeros(len(ids), dtype=np.bool_)
        told[np.array([*rows, *labels], dtype=np.intp)] = True
        groups, times_ms = np.frombuffer(fired.groups, dtype=np.uint16), times_of(fired.times_ms)
        for kind, places in self._by_kind(fired, groups, new):
            comparison = self.comparisons[kind]
            _meet(comparison, times_ms[places])
            if comparison.has_budgets or self._on_decision is not None:
                told[places] = True
            comparison.silence(int(np.count_nonzero(~told[places])))
        exhibit = Exhibit(block, fired.lines, self._firing)
        for place in np.flatnonzero(told & new).tolist():
            group = fired.group_names[fired.groups[place]]
            outcomes = self._one(group, rows.get(place), fired.times_ms[place], labels.get(place, ""), exhibit, place)
            if self._on_decision is not None:
                self._on_decision(exhibit.line(place), outcomes)

    def _by_kind(
        self, fired: Fired, groups: npt.NDArray[np.uint16], new: npt.NDArray[np.bool_]
    ) -> Iterator[tuple[str, _Places]]:
        """The places of the first verdicts of decisions, by kind."""
        for kind, comparison in self.comparisons.items():
            numbers = [number for number, group in enumerate(fired.group_names) if group.kind == kind]
            of_kind = np.zeros(len(groups), dtype=np.bool_)
            for number in numbers:
                here = (groups == number) & new
                of_kind |= here
                group, count = fired.group_names[number], int(np.count_nonzero(here))
                self.groups[group] += count
                if group.bundle == comparison.bundles[BASELINE].hash:
                    comparison.judged_by_baseline += count
                    comparison.reproduced += count
            places = np.flatnonzero(of_kind)
            if len(places):
                yield kind, places

    def _one(
        self, group: Group, row: Row | None, time_ms: int, label: str, exhibit: Exhibit, place: int
    ) -> tuple[Outcome, Outcome]:
        comparison, gallery = self.comparisons[group.kind], self.galleries[group.kind]
        if row is None:
            comparison.silence(1, label)
            if not group.blind:
                comparison.pass_by(time_ms)
            outcomes = (_ALLOWED, _ALLOWED)
        else:
            outcomes = comparison.decide(row, time_ms, label, blind=group.blind)
            if group.bundle == comparison.bundles[BASELINE].hash and outcomes[BASELINE].action != row.recorded:
                comparison.reproduced -= 1
        exhibit.offer(gallery, group.kind, place, row, outcomes, label)
        return outcomes


def _meet(comparison: Comparison, times_ms: npt.NDArray[np.int64]) -> None:
    hours, counts = np.unique(times_ms // HOUR_MS, return_counts=True)
    pairs = zip(hours.tolist(), counts.tolist(), strict=True)
    comparison.meet(int(times_ms.min()), int(times_ms.max()), pairs)
