"""learn: labels meet the decisions that they are about, and models learn, each input exactly once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

from confluent_kafka import Message

from features.catalogue import Catalogue
from features.errors import InvalidEvent
from models.learning.decisions import Decision
from models.learning.labels import WITHDRAWN, GivenLabel
from models.learning.learner import ModelLearner
from streams import metrics
from streams.agents.checkpoints import Checkpoints
from streams.declared import declared_models
from streams.kafka import Stopped, wait_for_topics
from streams.learning.announcer import Announcer
from streams.learning.drifting import Drifting
from streams.learning.log import LearnerLog
from streams.learning.older import Older
from streams.learning.order import Placed
from streams.learning.policies import Policies
from streams.learning.promoting import Promoter
from streams.learning.records import Decided
from streams.learning.school import School
from streams.learning.steps import Step, Steps
from streams.learning.texts import TextReader
from streams.learning.turnover import Told, Turnover
from streams.settings import Settings
from streams.sinks.dead_letters import DeadLetters
from streams.sinks.intake import Taken
from streams.topics import CONTROL, DEAD_LETTERS, LABELS, VERDICTS
from streams.wire import Label

# Records that are taken between two lessons.
_AT_ONCE = 1000


class Learn:
    """Reads verdicts and labels from where the checkpoints stand, without a consumer group of its own."""

    def __init__(self, settings: Settings, catalogues: Mapping[str, Catalogue], stop: threading.Event) -> None:
        self._settings = settings
        self._stop = stop
        ids = wait_for_topics(settings, [VERDICTS, LABELS, DEAD_LETTERS, CONTROL], stop)
        declared = declared_models(settings, catalogues)
        announcer = Announcer(settings)
        self._policies = Policies(settings, catalogues)
        self._told = Told({kind: declared.champion(kind) for kind in catalogues})
        self._checkpoints = Checkpoints(settings, catalogues, declared, self._policies.by_kind, announcer)
        learners, self._control = self._checkpoints.restore(self._on_control)
        hosts = {kind: _host([learners[name] for name in models]) for kind, models in declared.models.items()}
        features = {kind: catalogue.names for kind, catalogue in catalogues.items()}
        self._drifting = Drifting(self._checkpoints, announcer, hosts, features, self._told.watches)
        self._checkpoints.drifting = self._drifting.against
        promoter = Promoter(settings, self._checkpoints.registry, declared)
        self._turnover = Turnover(learners, self._checkpoints, self._drifting, promoter, self._told)
        kinds = {name: catalogue.kind for name, catalogue in catalogues.items()}
        self._texts = TextReader(settings, kinds, stop)
        self._school = School(learners, self._texts.read, self._checkpoints.go_back)
        self._older = Older(settings, {one for learner in learners.values() for one in learner.state.waiting})
        self._log = LearnerLog(settings, ids)
        self._steps = Steps(settings, catalogues, self._log, self._older)
        self._letters = DeadLetters(settings, LABELS)
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
                self._turnover.end()
                self._save()
                if self._control.failure is not None:
                    raise self._control.failure
            for learner in self._learners:
                if learner.changed and not learner.faults:
                    self._checkpoints.save(learner, self._remembered())
        finally:
            self._log.close()
            self._texts.close()

    def _on_control(self, key: str, value: bytes | None) -> None:
        if not self._told.on_control(key, value):
            self._policies.on_control(key, value)

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
        states = [learner.state for learner in self._learners]
        passed = {place: min(state.positions.get(place, 0) for state in states) for place in self._log.places}
        for step in self._steps.of(records, passed):
            self._apply(step)
        self._school.learn()
        self._drifting.check()
        begun = self._turnover.begin(self._steps.decisions.all())
        if begun:
            self._school.learn()
        for learner in begun:
            self._checkpoints.save(learner, self._remembered())

    def _apply(self, step: Step) -> None:
        record, holds = step.record, step.holds
        if not self._log.is_label(record.place):
            self._read[record.place] = record.offset + 1
        if isinstance(holds, Decided):
            self._school.verdict(record.place, record.offset, holds.decision, holds.source, holds.origin.offset)
        elif isinstance(holds, Label):
            self._apply_label(record, holds, step.decision)
        else:
            if holds is not None:
                self._refuse(record, holds)
            self._school.skip(record.place, record.offset)

    def _apply_label(self, record: Placed[Message], label: Label, decision: Decision | None) -> None:
        data = label.data
        given = GivenLabel(data.label, data.by, label.time_ms, data.labeller)
        if self._school.label(record.place, record.offset, data.kind, label.decision_id, given, decision):
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
        found = self._older.again(waiting, self._steps.decisions.oldest_ms)
        for decision in found:
            self._school.found(decision)
        if found:
            self._school.learn()

    def _remembered(self) -> dict[str, int]:
        """Where a next learner has to begin reading verdicts, to meet all remembered decisions again."""
        oldest = self._steps.decisions.oldest()
        for place, start in list(self._catching_up.items()):
            position = max(learner.state.positions.get(place, 0) for learner in self._learners)
            if self._read.get(place, start) >= position:
                del self._catching_up[place]
            else:
                oldest[place] = start
        return oldest

    def _save(self) -> None:
        due = list(self._checkpoints.due(self._learners))
        for learner in due:
            self._checkpoints.save(learner, self._remembered())
        if due:
            self._turnover.promote()


def _host(learners: Sequence[ModelLearner]) -> ModelLearner:
    """Who keeps a kind's watch over drift: one that learns from verdicts, so that no label waits for its size."""
    return next((learner for learner in learners if not learner.teaches), learners[0])
