"""All models that learn: each gets what stands in the logs in one order, and its faults are its own."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping

import structlog

from models.learning.decisions import Decision
from models.learning.labels import GivenLabel, LabelResult
from models.learning.learner import ModelLearner, Results
from models.scorers import Text
from streams import metrics

log = structlog.get_logger()
_FAULTS_IN_A_ROW = 3
ReadTexts = Callable[[Iterable[Decision]], Mapping[str, Text | None]]


class School:
    """``read_texts``: from decisions to those texts of their events that are still retained. ``go_back``: give a
    learner the scorer of its last checkpoint, if it has one.
    """

    def __init__(
        self,
        learners: dict[str, ModelLearner],
        read_texts: ReadTexts,
        go_back: Callable[[ModelLearner], bool],
    ) -> None:
        self.learners = learners
        self._read_texts = read_texts
        self._go_back = go_back
        self._set_back: set[str] = set()

    def verdict(self, place: str, offset: int, decision: Decision, source: str, source_offset: int) -> None:
        for learner in self.learners.values():
            self._note(learner, learner.on_verdict(place, offset, decision, source, source_offset))

    def label(
        self, place: str, offset: int, kind: str, decision_id: str, given: GivenLabel, decision: Decision | None
    ) -> bool:
        """True if a model holds it until its decision is known."""
        waits = False
        for learner in self.learners.values():
            result = learner.on_label(place, offset, kind, decision_id, given, decision)
            waits = waits or result is LabelResult.WAITING
            self._note(learner, [(given, result)])
        return waits

    def found(self, decision: Decision) -> None:
        """A decision that labels waited for was found elsewhere."""
        for learner in self.learners.values():
            if learner.kind == decision.kind:
                self._note(learner, learner.found(decision))

    def skip(self, place: str, offset: int) -> None:
        for learner in self.learners.values():
            learner.skip(place, offset)

    def learn(self) -> None:
        """Teach what was taken."""
        wanted = {one.id: one for learner in self.learners.values() for one in learner.wanted_texts()}
        texts = self._read_texts(wanted.values()) if wanted else {}
        for learner in self.learners.values():
            before = learner.faults
            self._note(learner, learner.learn(texts))
            if learner.faults > before:
                self._on_fault(learner)
            metrics.WAITING_LABELS.labels(learner.name).set(len(learner.state.waiting))

    def _on_fault(self, learner: ModelLearner) -> None:
        metrics.MODEL_FAULTS.labels(learner.name).inc()
        # Not the error's text, which may repeat what was to be learned.
        error = learner.fault
        trace = "".join(traceback.format_tb(error.__traceback__)) if error is not None else ""
        why = type(error).__name__
        if learner.faults < _FAULTS_IN_A_ROW:
            log.error(
                "model_raised", model=learner.name, why=why, trace=trace, doing="leaving out what it was to learn"
            )
            return
        back = self._go_back(learner)
        if back and learner.name not in self._set_back:
            self._set_back.add(learner.name)
            learner.faults = 0
            log.error(
                "model_raised", model=learner.name, why=why, trace=trace, doing="going on from its last checkpoint"
            )
            return
        learner.left_out = True
        # What it learned last may be half of an example: without a checkpoint to go back to, none is made.
        learner.faults = 0 if back else learner.faults
        log.error(
            "model_raised", model=learner.name, why=why, trace=trace, doing="teaching it nothing until the next start"
        )

    def _note(self, learner: ModelLearner, results: Results) -> None:
        if not learner.teaches:
            return
        for _, result in results:
            if result is not LabelResult.NOT_MINE:
                metrics.LABELS.labels(learner.kind, result.value, learner.name).inc()
