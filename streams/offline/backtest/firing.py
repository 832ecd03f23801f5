"""The part of a backtest that any process can do for itself: what both bundles' rules and scores say of a block of
verdicts, whatever was decided before."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, field

import msgspec

from features.event import to_milliseconds
from models.backtest.comparison import Row
from models.backtest.recorded import Recorded
from streams.offline.backtest.judging import Group, KindJudging
from streams.offline.backtest.plan import Compiled, Plan

_TYPE = "verdict"
_KIND = b'"kind":"'
# The kind stands near the beginning of what Weir writes.
_NEAR = 512


@dataclass(slots=True)
class Fired:
    """Of one block. The columns have an entry for each verdict that was taken, in order.

    ``ids``: the first 8 bytes of decision ids. ``groups``: places in ``group_names``. ``lines``: places in the block.
    ``rows``: the verdicts of which somebody asks something. ``refused``: the lines that are no verdict.
    ``passed_over``: how many verdicts are not for this backtest, by reason.
    """

    ids: array[int] = field(default_factory=lambda: array("Q"))
    times_ms: array[int] = field(default_factory=lambda: array("q"))
    groups: array[int] = field(default_factory=lambda: array("H"))
    lines: array[int] = field(default_factory=lambda: array("I"))
    group_names: list[Group] = field(default_factory=list)
    line_count: int = 0
    rows: list[Row] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)


class Firing:
    """Reads verdicts and asks both bundles; made once a process. Raises what ``Compiled`` raises."""

    def __init__(self, plan: Plan) -> None:
        compiled = Compiled(plan)
        self._kinds = {kind: KindJudging(kind, compiled) for kind in compiled.catalogues}
        self._by_bytes = {kind.encode(): of_kind for kind, of_kind in self._kinds.items()}
        self._some = next(iter(self._kinds.values()))

    def kind(self, name: str) -> KindJudging:
        return self._kinds[name]

    def block(self, data: bytes) -> Fired:
        """Take the lines of one block."""
        made = Fired()
        groups: dict[Group, int] = {}
        lines = data.split(b"\n")
        made.line_count = len(lines) if lines[-1] else len(lines) - 1
        for number, line in enumerate(lines):
            if not line or line.isspace():
                continue
            try:
                recorded, of_kind = self.read(line)
                decision = int(recorded.id[:16], 16)
                time_ms = to_milliseconds(recorded.time)
            except (msgspec.MsgspecError, UnicodeError, ValueError, RecursionError):
                made.refused.append(number)
                continue
            if of_kind is None:
                made.passed_over["verdicts of other kinds"] += 1
                continue
            if recorded.data.corrects is not None:
                made.passed_over["corrections"] += 1
                continue
            group = of_kind.group(recorded)
            row = of_kind.row(len(made.ids), recorded, time_ms)
            if row is not None:
                made.rows.append(row)
            made.ids.append(decision)
            made.times_ms.append(time_ms)
            made.groups.append(groups.setdefault(group, len(groups)))
            made.lines.append(number)
        made.group_names = list(groups)
        return made

    def read(self, line: bytes) -> tuple[Recorded, KindJudging | None]:
        """A verdict, and what judges its kind, None for a kind that the backtest is not about.

        Raises msgspec.MsgspecError, UnicodeError or ValueError for what is no verdict.
        """
        begin = line.find(_KIND, 0, _NEAR) + len(_KIND)
        # A guess that saves reading twice; what was read says whether it was right.
        guessed = self._by_bytes.get(line[begin : line.find(b'"', begin, begin + 64)], self._some)
        recorded = guessed.reader.read(line)
        if recorded.type != _TYPE:
            raise ValueError("not a verdict")
        if recorded.data.event.kind == guessed.kind:
            return recorded, guessed
        of_kind = self._kinds.get(recorded.data.event.kind)
        return (recorded if of_kind is None else of_kind.reader.read(line)), of_kind
