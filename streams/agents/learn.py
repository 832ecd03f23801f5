"""learn: labels meet the decisions that they are about, and models learn, each input exactly once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from confluent_kafka import Message

from features.catalogue import Catalogue
from features.errors import InvalidEvent
from models.learning.decisions import Decision, Decisions
from models.learning.labels import WITHDRAWN, GivenLabel
from models.learning.learner import ModelLearner
from streams import metrics
from streams.agents.checkpoints import Checkpoints
from streams.declared import declared_models
from streams.kafka import Stopped, wait_for_topics
from streams.learning.log import LearnerLog
from streams.learning.older import Older
from streams.learning.order import Placed
from streams.learning.policies import Policies
from streams.learning.records import Decided, read_label, read_verdict
from streams.learning.school import School
from streams.learning.texts import TextReader
from streams.settings import Settings
from streams.sinks.dead_letters import DeadLetters
from streams.sinks.intake import Taken
from streams.topics import CONTROL, DEAD_LETTERS, LABELS, VERDICTS
from streams.wire import Label

# Records that are taken between two lessons.
_AT_ONCE = 1000


class _Step(NamedTuple):
    """A record with what it holds; ``decision``: the one that a label is about, None if it is not remembered."""

    record: Placed[Message]
    holds: Decided | Label | InvalidEvent | None
    decision: Decision | None = None


class Learn:
    """Reads verdicts and labels from where the checkpoints stand, without a consumer group of its own."""

    def __init__(self, settings: Settings, catalogues: Mapping[str, Catalogue], stop: threading.Event) -> None:
        self._settings = settings
        self._catalogues = catalogues
        ids = wait_for_topics(settings, [VERDICTS, LABELS, DEAD_LETTERS, CONTROL], stop)
        self._policies = Policies(settings, catalogues)
        declared = declared_models(settings, catalogues)
        self._checkpoints = Checkpoints(settings, catalogues, declared, self._policies.by_kind, lambda learner: ())
        learners, self._control = self._checkpoints.restore(self._policies.on_control)
        kinds = {name: catalogue.kind for name, catalogue in catalogues.items()}
        self._texts = TextReader(settings, kinds, stop)
        self._school = School(learners, self._texts.read, self._checkpoints.go_back)
        self._decisions = Decisions(settings.remember_decisions)
        waiting = {one for learner in learners.values() for one in learner.state.waiting}
        self._older = Older(settings, waiting)
        self._letters = DeadLetters(settings, LABELS)
        self._stop = stop
        self._log = LearnerLog(settings, ids)
        self._read: dict[str, int] = {}
        # Until a partition's reading is where it was, the decisions before that are not all remembered again.
        self._catching_up: dict[str, int] = {}

    def run(self, on_ready: Callable[[], None]) -> None:
        """Learn until ``stop`` is set, then make a last checkpoint; raises on what it cannot mend."""
        starts = self._starts()
        self._log.assign(starts)
        self._catching_up = {place: start for place, start in starts.items() if not self._log.is_label(place)}
        self._control.follow()
        self._policies.follow()
        on_ready()
        try:
            while not self._stop.is_set():
                records = self._log.read()
                for start in range(0, len(records), _AT_ONCE):
                    if self._stop.is_set():
                        break
                    self._take(records[start : start + _AT_ONCE])
                    self._save()
                self._ask_again()
                self._save()
                if self._control.failure is not None:
                    raise self._control.failure
            for learner in self._learners:
                if learner.changed and not learner.faults:
                    self._checkpoints.save(learner, self._remembered())
        finally:
            self._log.close()
            self._texts.close()

    @property
    def _learners(self) -> Sequence[ModelLearner]:
        return tuple(self._school.learners.values())

    def _starts(self) -> dict[str, int]:
        """From the least position of all learners, or earlier where remembered decisions have to be met again.

        A model that is new among others begins with the decisions that those remember, and with all labels.
        """
        known = [learner.state for learner in self._learners if learner.state.positions]
        starts: dict[str, int] = {}
        for place in self._log.places:
            wanted = [state.positions.get(place, 0) for state in known]
            wanted += [state.remembered[place] for state in known if place in state.remembered]
            if self._log.is_label(place) and len(known) < len(self._learners):
                wanted = []
            starts[place] = min(wanted, default=0)
        return starts

    def _take(self, records: Sequence[Placed[Message]]) -> None:
        steps = self._with_older([self._step(record) for record in records])
        for step in steps:
            self._apply(step)
        self._school.learn()

    def _step(self, record: Placed[Message]) -> _Step:
        """Decode a record: a verdict is remembered, a label finds its decision among those before it."""
        if not self._log.is_label(record.place):
            decided = read_verdict(record.record)
            if decided is not None:
                self._decisions.add(decided.decision, record.place, record.offset, record.append_ms)
            return _Step(record, decided)
        try:
            label = read_label(record.record, self._settings, self._catalogues)
        except InvalidEvent as error:
            return _Step(record, error)
        return _Step(record, label, self._decisions.get(label.decision_id))

    def _with_older(self, steps: list[_Step]) -> list[_Step]:
        """Find decisions that are not remembered, for labels that somebody has still to learn."""
        passed = {
            place: min(one.state.positions.get(place, 0) for one in self._learners) for place in self._log.places
        }
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
        found = self._older.find(missing, self._decisions.oldest_ms)
        return [
            step._replace(decision=found.get(step.holds.decision_id))
            if isinstance(step.holds, Label) and step.decision is None
            else step
            for step in steps
        ]

    def _apply(self, step: _Step) -> None:
        record, holds = step.record, step.holds
        if isinstance(holds, Decided):
            self._read[record.place] = record.offset + 1
            self._school.verdict(record.place, record.offset, holds.decision, holds.source, holds.origin.offset)
        elif isinstance(holds, Label):
            self._apply_label(record, holds, step.decision)
        else:
            if isinstance(holds, InvalidEvent):
                self._refuse(record, holds)
            else:
                self._read[record.place] = record.offset + 1
            self._school.skip(record.place, record.offset)

    def _apply_label(self, record: Placed[Message], label: Label, decision: Decision | None) -> None:
        data = label.data
        given = GivenLabel(data.label, data.by, label.time_ms, data.labeller)
        waits = self._school.label(record.place, record.offset, data.kind, label.decision_id, given, decision)
        if waits:
            self._older.wait_for(label.decision_id)
        if decision is not None and data.label != WITHDRAWN:
            delay_s = (label.time_ms - decision.time_ms) / 1000
            metrics.LABEL_DELAY_SECONDS.labels(data.kind).observe(max(0.0, delay_s))

    def _refuse(self, record: Placed[Message], error: InvalidEvent) -> None:
        if record.offset < max(learner.state.positions.get(record.place, 0) for learner in self._learners):
            return
        message = record.record
        refused = Taken(message.value(), None, message.partition() or 0, record.offset, message.timestamp()[1])
        if not self._letters.send([(refused, error)], lambda seconds: not self._stop.wait(seconds)):
            # Stopping while Kafka is away: the label is not passed, and is met again by the next learner.
            raise Stopped

    def _ask_again(self) -> None:
        """Labels that wait for a decision which the log will not bring any more."""
        waiting = (learner.state.waiting for learner in self._learners)
        found = self._older.again(waiting, self._decisions.oldest_ms)
        for decision in found:
            self._school.found(decision)
        if found:
            self._school.learn()

    def _remembered(self) -> dict[str, int]:
        """Where a next learner has to begin reading verdicts, to meet all remembered decisions again."""
        oldest = self._decisions.oldest()
        for place, start in list(self._catching_up.items()):
            position = max(learner.state.positions.get(place, 0) for learner in self._learners)
            if self._read.get(place, start) >= position:
                del self._catching_up[place]
            else:
                oldest[place] = start
        return oldest

    def _save(self) -> None:
        for learner in self._checkpoints.due(self._learners):
            self._checkpoints.save(learner, self._remembered())
