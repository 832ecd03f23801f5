"""One model's learner: takes verdicts and labels in log order, teaches its scorer, and can be checkpointed whole."""

from __future__ import annotations

from collections.abc import Mapping

from models.learning.decisions import Decision
from models.learning.examples import Example, Inputs, batch_of
from models.learning.labels import STRENGTH, WITHDRAWN, GivenLabel, LabelResult
from models.learning.state import State
from models.scorers import Scorer, Text

MOST_WAITING = 100_000
WAITING_MS = 7 * 86_400_000
TAUGHT_MS = 30 * 86_400_000
Results = list[tuple[GivenLabel, LabelResult]]


class ModelLearner:
    """Inputs at or before a position that the state holds are skipped, so a restart may read them again.

    ``on_verdict``, ``on_label`` and ``found`` only take; ``learn`` teaches what was taken, in that order. The outcome
    is the same however many are taken in between. ``changed``: weights or state have changed since it was last set to
    False. ``faults``: how many calls of ``learn`` in a row have raised; ``fault``: the last one.
    """

    def __init__(self, name: str, kind: str, scorer: Scorer, state: State | None = None) -> None:
        self.name = name
        self.kind = kind
        self.state = state if state is not None else State()
        self.changed = False
        self.faults = 0
        self.fault: Exception | None = None
        self._examples: list[Example] = []
        self.use(scorer)

    def use(self, scorer: Scorer) -> None:
        """Teach this scorer from now on."""
        self.scorer = scorer
        self._inputs = Inputs(scorer)

    def on_verdict(self, partition: str, offset: int, decision: Decision, source: str, source_offset: int) -> Results:
        """Take one verdict; ``source`` and ``source_offset``: where its event stands.

        The labels that waited for it come back with what became of them.
        """
        fresh = self._advance(partition, offset)
        if decision.kind != self.kind or decision.correction:
            return []
        if self.scorer.learns_from == "verdicts":
            key = f"{partition}<{source}"
            if fresh and source_offset > self.state.sources.get(key, -1):
                self.state.sources[key] = source_offset
                self.changed = True
                if self._inputs.has(decision):
                    self._examples.append(Example(decision))
        # Also where the verdict was passed before: it may be one that had been forgotten when the label came.
        return self.found(decision)

    def on_label(
        self, partition: str, offset: int, kind: str, decision_id: str, given: GivenLabel, decision: Decision | None
    ) -> LabelResult:
        """Take one label; ``decision``: the one that it is about, None if it is not known."""
        if not self._advance(partition, offset) or kind != self.kind:
            return LabelResult.NOT_MINE
        self.changed = True
        self.state.newest_label_ms = max(self.state.newest_label_ms, given.time_ms)
        if decision is None:
            return self._wait(decision_id, given)
        return self._teach(decision, given, counted=False)

    def found(self, decision: Decision) -> Results:
        """The decision is known now: the labels that waited for it, with what became of them."""
        waited = self.state.waiting.pop(decision.id, [])
        if not waited:
            return []
        self.changed = True
        if self._is_older(waited[-1], WAITING_MS):
            return [(given, LabelResult.DROPPED) for given in waited]
        return [(given, self._teach(decision, given, counted=True)) for given in waited]

    def skip(self, partition: str, offset: int) -> None:
        """Pass a record that is neither verdict nor label."""
        self._advance(partition, offset)

    def wanted_texts(self) -> list[Decision]:
        """The decisions whose events' texts ``learn`` needs."""
        return [example.decision for example in self._examples] if self.scorer.reads_text else []

    def learn(self, texts: Mapping[str, Text | None] | None = None) -> Results:
        """Teach what was taken; the labels that came to nothing come back, with why.

        ``texts``: by decision id, those that could be read: None of an event that has none.
        """
        taken, self._examples = self._examples, []
        if not taken:
            return []
        known = texts if texts is not None else {}
        examples, unread = taken, []
        if self.scorer.reads_text:
            examples = [one for one in taken if one.decision.id in known]
            unread = [one.given for one in taken if one.decision.id not in known]
        results = [(given, LabelResult.NO_TEXT) for given in unread if given is not None]
        if examples and not self._learned(examples, known):
            results += [(one.given, LabelResult.FAULT) for one in examples if one.given is not None]
        return results

    def _learned(self, examples: list[Example], texts: Mapping[str, Text | None]) -> bool:
        """False if the model raised: it does without these examples, and its positions move on."""
        batch = batch_of(self.scorer, self._inputs, [one.decision for one in examples], texts)
        try:
            if self.scorer.learns_from == "verdicts":
                self.scorer.learn(batch, None)
            else:
                abuse = [one.abuse for one in examples]
                self.scorer.learn(batch, abuse, [self.state.balance.weigh(one) for one in abuse])
        except Exception as error:  # noqa: BLE001 - whatever one model raises, the others go on learning
            self.faults, self.fault = self.faults + 1, error
            return False
        self.faults, self.fault = 0, None
        return True

    def _advance(self, partition: str, offset: int) -> bool:
        if offset < self.state.positions.get(partition, 0):
            return False
        self.state.positions[partition] = offset + 1
        return True

    def _wait(self, decision_id: str, given: GivenLabel) -> LabelResult:
        if given.label == WITHDRAWN:
            return self._withdraw_waiting(decision_id, given)
        if len(self.state.waiting) >= MOST_WAITING and decision_id not in self.state.waiting:
            self.forget_old()
            if len(self.state.waiting) >= MOST_WAITING:
                return LabelResult.DROPPED
        held = self.state.waiting.get(decision_id, [])
        if any((one.label, one.by) == (given.label, given.by) for one in held):
            return LabelResult.REPEATED
        if not self.state.labellers.take(given):
            return LabelResult.CAPPED
        self.state.waiting[decision_id] = [*held, _nameless(given)]
        return LabelResult.WAITING

    def _withdraw_waiting(self, decision_id: str, given: GivenLabel) -> LabelResult:
        """A label that is withdrawn before its decision is known teaches nothing; a stronger one goes on waiting."""
        held = self.state.waiting.pop(decision_id, [])
        stronger = [one for one in held if STRENGTH[one.by] > STRENGTH[given.by]]
        if stronger:
            self.state.waiting[decision_id] = stronger
        return LabelResult.WITHDRAWN

    def _teach(self, decision: Decision, given: GivenLabel, *, counted: bool) -> LabelResult:
        """``counted``: the label was taken off its labeller's share already, when it began to wait."""
        held = self.state.taught.get(decision.id)
        if held is not None and self._is_older(held, TAUGHT_MS):
            # Whether the last checkpoint has forgotten it or the next one will makes no difference.
            held = None
        if given.label == WITHDRAWN:
            return LabelResult.WITHDRAWN
        if held is not None and held.label == given.label:
            if STRENGTH[given.by] > STRENGTH[held.by]:
                # Nothing new to learn, but from now on only a label as strong can be contradicted by a stronger one.
                self.state.taught[decision.id] = _nameless(given)
            return LabelResult.REPEATED
        if held is not None and STRENGTH[given.by] <= STRENGTH[held.by]:
            return LabelResult.OUTRANKED
        if not self._inputs.has(decision):
            return LabelResult.OTHER_FEATURES
        if not counted and not self.state.labellers.take(given):
            return LabelResult.CAPPED
        self.state.taught[decision.id] = _nameless(given)
        if self.scorer.learns_from == "verdicts":
            return LabelResult.MEASURED
        self._examples.append(Example(decision, given))
        return LabelResult.LEARNED

    def forget_old(self) -> int:
        """Drop waiting labels after 7 days and taught ones after 30, in label time; how many of the former."""
        state, older = self.state, self._is_older
        before = len(state.waiting)
        state.taught = {name: given for name, given in state.taught.items() if not older(given, TAUGHT_MS)}
        state.waiting = {name: given for name, given in state.waiting.items() if not older(given[-1], WAITING_MS)}
        return before - len(state.waiting)

    def _is_older(self, given: GivenLabel, age_ms: int) -> bool:
        return self.state.newest_label_ms - given.time_ms > age_ms


def _nameless(given: GivenLabel) -> GivenLabel:
    return GivenLabel(given.label, given.by, given.time_ms)
