"""One model's learner: takes verdicts and labels in log order, teaches its scorer, and can be checkpointed whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from models.drift import Watch
from models.learning.decisions import Decision
from models.learning.examples import Example, Inputs, batch_of, newest
from models.learning.labels import GivenLabel, LabelResult
from models.learning.performance import Performance
from models.learning.state import State
from models.scorers import Batch, Scorer, Text

Results = list[tuple[GivenLabel, LabelResult]]
_SAMPLE = 100


class ModelLearner:
    """Inputs at or before a position that the state holds are skipped, so a restart may read them again.

    ``on_verdict``, ``on_label`` and ``found`` only take; ``learn`` teaches what was taken, in that order. The outcome
    is the same however many are taken in between. ``changed``: weights or state have changed since it was last set to
    False. ``faults``: how many calls of ``learn`` in a row have raised; ``fault``: the last one. ``left_out``: it is
    taught nothing any more. ``sample``: events of late, to measure how long scoring takes. ``watch``: its kind's, if
    it is kept here.
    """

    def __init__(self, name: str, kind: str, scorer: Scorer, state: State | None = None) -> None:
        self.name = name
        self.kind = kind
        self.state = state if state is not None else State()
        known = self.state.performance
        self.performance = Performance.decode(known) if known else Performance()
        self.changed = False
        self.faults = 0
        self.fault: Exception | None = None
        self.left_out = False
        self.sample: Batch | None = None
        self.watch: Watch | None = None
        self._examples: list[Example] = []
        self.use(scorer)

    def use(self, scorer: Scorer) -> None:
        """Teach this scorer from now on."""
        self.scorer = scorer
        self._inputs = Inputs(scorer.inputs)

    @property
    def teaches(self) -> bool:
        """Whether labels teach this model; others they only measure."""
        return self.scorer.learns_from == "labels"

    def snapshot(self) -> State:
        """The state to be stored with the weights as they are now."""
        watch = self.watch.encode() if self.watch is not None else b""
        return msgspec.structs.replace(self.state, performance=self.performance.encode(), watch=watch)

    def keep_watch(self, names: Sequence[str]) -> Watch:
        """Feed the kind's watch over drift with what this learner takes, and keep its state with its own.

        ``names``: the kind's features.
        """
        known = self.state.watch
        self.watch = Watch.decode(self.kind, names, known) if known else Watch(self.kind, names)
        self._watched = Inputs(names)
        return self.watch

    def on_verdict(self, partition: str, offset: int, decision: Decision, source: str, source_offset: int) -> Results:
        """Take one verdict; ``source`` and ``source_offset``: where its event stands.

        The labels that waited for it come back with what became of them.
        """
        fresh = self._advance(partition, offset)
        if decision.kind != self.kind or decision.correction:
            return []
        key = f"{partition}<{source}"
        if fresh and source_offset > self.state.sources.get(key, -1):
            self.state.sources[key] = source_offset
            self.state.champion = decision.champion or self.state.champion
            for name in self.scorer.stacks:
                # Of the newest decision, though a label may teach an older one: a registry keeps no others for long.
                self.state.stacked[name] = decision.version_of(name) or self.state.stacked.get(name, "")
            self._watch_decision(decision)
            if not self.teaches and self._inputs.has(decision):
                self.changed = True
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
            return self.state.wait(decision_id, given)
        return self._teach(decision, given, counted=False)

    def found(self, decision: Decision) -> Results:
        """The decision is known now: the labels that waited for it, with what became of them."""
        waited, in_time = self.state.end_waiting(decision.id)
        self.changed = self.changed or bool(waited)
        if not in_time:
            return [(given, LabelResult.DROPPED) for given in waited]
        return [(given, self._teach(decision, given, counted=True)) for given in waited]

    def skip(self, partition: str, offset: int) -> None:
        """Pass a record that is neither verdict nor label."""
        self._advance(partition, offset)

    def again(self, decision: Decision, given: GivenLabel) -> LabelResult:
        """Take what another model was taught earlier: for one that begins anew, on recent data."""
        self.changed = True
        self.state.newest_label_ms = max(self.state.newest_label_ms, given.time_ms)
        return self._teach(decision, given, counted=True)

    def wanted_texts(self) -> list[Decision]:
        """The decisions whose events' texts ``learn`` needs."""
        reads = self.scorer.reads_text and not self.left_out
        return [example.decision for example in self._examples] if reads else []

    def learn(self, texts: Mapping[str, Text | None] | None = None) -> Results:
        """Teach what was taken; the labels that came to nothing come back, with why.

        ``texts``: by decision id, those that could be read: None of an event that has none.
        """
        taken, self._examples = self._examples, []
        if not taken:
            return []
        if self.left_out:
            return [(one.given, LabelResult.FAULT) for one in taken if one.given is not None]
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
        self.sample = newest(batch, _SAMPLE)
        try:
            if self.teaches:
                abuse = [one.abuse for one in examples]
                weights = [self.state.balance.weigh(one) for one in abuse]
                self.scorer.learn(batch, abuse, weights if self.scorer.balanced else None)
            else:
                self.scorer.learn(batch, None)
        except Exception as error:  # noqa: BLE001 - whatever one model raises, the others go on learning
            self.faults, self.fault = self.faults + 1, error
            return False
        self.faults, self.fault = 0, None
        for name in self.scorer.stacks:
            for one in examples:
                self.state.stacked.setdefault(name, one.decision.version_of(name) or "")
        return True

    def _advance(self, partition: str, offset: int) -> bool:
        if offset < self.state.positions.get(partition, 0):
            return False
        self.state.positions[partition] = offset + 1
        return True

    def _teach(self, decision: Decision, given: GivenLabel, *, counted: bool) -> LabelResult:
        held = self.state.truth(decision.id)
        result = self.state.accept(decision.id, given, counted=counted)
        self._measure(decision, given, held, self.state.truth(decision.id))
        if result is not LabelResult.LEARNED:
            return result
        if self.watch is not None:
            for model, score in decision.scores.items():
                self.watch.on_label(given.time_ms, model, score, given.label == "abuse")
        if not self.teaches:
            return LabelResult.MEASURED
        if not self._inputs.has(decision):
            return LabelResult.OTHER_FEATURES
        self._examples.append(Example(decision, given))
        return LabelResult.LEARNED

    def _watch_decision(self, decision: Decision) -> None:
        if self.watch is None or not self._watched.has(decision):
            return
        scores = decision.scores
        for model in decision.warming:
            del scores[model]
        (row,) = self._watched.rows([decision])
        self.watch.on_decision(decision.time_ms, row, scores, decision.action, decision.id)
        self.changed = True

    def _measure(self, decision: Decision, given: GivenLabel, held: bool | None, now: bool | None) -> None:
        """Count what the model said then against what is held for true ``now``, in place of what was ``held``."""
        score = decision.scores.get(self.name)
        if score is None or held is now:
            return
        if held is not None:
            self.performance.remove(score, held)
        if now is None:
            return
        champion = self.state.champion
        own = decision.champion == self.name
        if champion and champion != self.name:
            self.performance.face(champion)
        rival = decision.calibrated if decision.champion == champion and not own else None
        reached = decision.reached if own else None
        self.performance.add(score, now, decision.time_ms, given.time_ms, rival, reached)
