"""Records of the log made ready to be learned: decoded, and each label with the decision that it is about."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import NamedTuple

from confluent_kafka import Message

from features.errors import InvalidEvent
from models.learning.decisions import Decision, Decisions
from models.learning.labels import WITHDRAWN
from streams.learning.log import LearnerLog
from streams.learning.older import Older
from streams.learning.order import Placed
from streams.learning.records import Decided, read_label, read_verdict
from streams.settings import Settings
from streams.wire import Label


class Step(NamedTuple):
    """A record with what it holds: None where that is no verdict. ``decision``: the one that a label is about."""

    record: Placed[Message]
    holds: Decided | Label | InvalidEvent | None
    decision: Decision | None = None


class Steps:
    """Decisions are remembered as their verdicts come by, and found for the labels behind them."""

    def __init__(self, settings: Settings, kinds: Container[str], log: LearnerLog, older: Older) -> None:
        self._settings = settings
        self._kinds = kinds
        self._log = log
        self._older = older
        self.decisions = Decisions(settings.remember_decisions)

    def of(self, records: Sequence[Placed[Message]], passed: Mapping[str, int]) -> list[Step]:
        """``passed``: by place, the offset before which nobody takes anything any more."""
        steps = [self._step(record) for record in records]
        missing = {
            step.holds.decision_id
            for step in steps
            if isinstance(step.holds, Label)
            and step.decision is None
            and step.holds.data.label != WITHDRAWN
            and step.record.offset >= passed[step.record.place]
        }
        if not missing:
            return steps
        found = self._older.find(missing, self.decisions.oldest_ms)
        return [
            step._replace(decision=found.get(step.holds.decision_id))
            if isinstance(step.holds, Label) and step.decision is None
            else step
            for step in steps
        ]

    def _step(self, record: Placed[Message]) -> Step:
        if not self._log.is_label(record.place):
            decided = read_verdict(record.record)
            if decided is not None:
                self.decisions.add(decided.decision, record.place, record.offset, record.append_ms)
            return Step(record, decided)
        try:
            label = read_label(record.record, self._settings, self._kinds)
        except InvalidEvent as error:
            return Step(record, error)
        return Step(record, label, self.decisions.get(label.decision_id))
