"""replay: the very same decode, features, judging and learning in one process, without any server.

Deterministic: the same input gives the same bytes. The file's order is the log's order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from features.catalogue import catalogues
from features.errors import InvalidEvent
from features.event import EventDecoder, open_envelope
from features.kind import Kind
from features.reference import load_reference
from features.store.memory import MemoryStore
from models.bundle import load_bundles
from models.learning.decisions import Decision, Decisions, decision_of
from models.learning.labels import GivenLabel, LabelResult
from models.learning.learner import ModelLearner
from models.scorers import Scorer
from models.served import SHADOW, UNTRAINED, Served, serve
from models.verdict import decode
from streams.agents.decide import Decider
from streams.agents.judging import InForce
from streams.declared import declared_models
from streams.offline.texts import Texts
from streams.record import Record
from streams.settings import Settings
from streams.sinks.publish import Outgoing
from streams.topics import VERDICTS
from streams.wire import Label, RecordRef, decode_label

_SOURCE = "replay"
# Offline nothing is in the future: past and coming times of any age are valid.
_NO_FUTURE_S = 10**12
OnLearned = Callable[[str, float, bool], None]


@dataclass(slots=True)
class ReplayReport:
    """What became of the lines: ``verdicts`` written, ``duplicates`` met, and ``refused`` as (line, error)."""

    verdicts: int = 0
    duplicates: int = 0
    learned: int = 0
    refused: list[tuple[int, InvalidEvent]] = field(default_factory=list)


class Replay:
    """Feed events one by one; models learn from each verdict at once, and from labels when told."""

    def __init__(self, settings: Settings, kinds: dict[str, Kind], on_learned: OnLearned | None = None) -> None:
        offline = settings.model_copy(update={"max_future_s": _NO_FUTURE_S})
        self.report = ReplayReport()
        self._settings = offline
        self._on_learned = on_learned
        self._store = MemoryStore(offline.dedupe_s)
        self._catalogues = catalogues(list(kinds.values()))
        self._bundles = load_bundles(self._catalogues, offline.rulebook_folders)
        self.reference = load_reference(offline.reference_folder)
        self._declared = declared_models(offline, self._catalogues)
        self._learners = {
            kind: [ModelLearner(name, kind, self._declared.fresh(kind, name)) for name in self._declared.models[kind]]
            for kind in kinds
        }
        self._deciders = {kind: self._decider(kind) for kind in kinds}
        # Those of the deciders count what they decode.
        self._readers = [EventDecoder(kind, offline.max_record_bytes, _NO_FUTURE_S) for kind in kinds.values()]
        self._texts = Texts({reader.kind.name: reader for reader in self._readers})
        self._decisions = Decisions(offline.remember_decisions)
        self._offsets = dict.fromkeys(kinds, 0)
        self._out: list[Outgoing] = []
        self._labels = 0

    def _decider(self, kind: str) -> Decider:
        return Decider(
            self._settings, self._catalogues[kind], self._store, self._collect, lambda: self._in_force(kind)
        )

    async def _collect(self, outgoing: Sequence[Outgoing]) -> None:
        self._out += outgoing

    def _in_force(self, kind: str) -> InForce:
        models = (
            Served(learner.name, _version(learner.scorer), SHADOW, learner.scorer) for learner in self._learners[kind]
        )
        return InForce(self._bundles[kind], serve(models, self._declared.champion(kind)), self.reference)

    async def event(self, number: int, line: bytes) -> bytes | None:
        """Decide the event of one line; None where it is refused or a duplicate (the report says which)."""
        kind = self._kind_of(number, line)
        if kind is None:
            return None
        offset = self._offsets[kind]
        self._offsets[kind] += 1
        # Without append times there is no time after which a repeated id would count again.
        where = RecordRef(kind, f"{_SOURCE}-{kind}", 0, offset, 0)
        self._out.clear()
        await self._deciders[kind].decide([Record(None, line, where)])
        if not self._out:
            self.report.duplicates += 1
            return None
        if self._out[0].topic != self._settings.topic(VERDICTS):
            self.report.refused.append((number, self._why(kind, line)))
            return None
        self.report.verdicts += 1
        if any(learner.scorer.reads_text for learner in self._learners[kind]):
            self._texts.add(kind, line)
        self._learn(self._out[0].value, kind, where)
        return self._out[0].value

    def time_ms(self, line: bytes) -> int | None:
        """The time of the line's event; None if it is no event, whatever time it claims."""
        for decoder in self._readers:
            try:
                return decoder.decode(line).time_ms
            except InvalidEvent as error:
                if error.reason != "kind":
                    return None
        return None

    def _kind_of(self, number: int, line: bytes) -> str | None:
        try:
            kind = open_envelope(line, self._settings.max_record_bytes).type
            if kind not in self._deciders:
                raise InvalidEvent("kind", "the record's type is no kind that is known here")
        except InvalidEvent as error:
            self.report.refused.append((number, error))
            return None
        return kind

    def _why(self, kind: str, line: bytes) -> InvalidEvent:
        try:
            self._deciders[kind].decoder.decode(line)
        except InvalidEvent as error:
            return error
        raise AssertionError("a record was refused that decodes")

    def _learn(self, verdict: bytes, kind: str, where: RecordRef) -> None:
        decision = decision_of(decode(verdict))
        self._decisions.add(decision, kind, where.offset)
        for learner in self._learners[kind]:
            results = learner.on_verdict(kind, where.offset, decision, _SOURCE, where.offset)
            failed = learner.learn(self._texts.held)
            for given, result in failed or results:
                self._note(decision, given, result)

    @property
    def unknown_fields(self) -> int:
        """Fields of decided events that their kinds do not know."""
        return sum(decider.decoder.unknown_fields for decider in self._deciders.values())

    def label(self, label: Label) -> None:
        """Give a label to the learners; one whose event is still to come waits there."""
        decision = self._decisions.get(label.decision_id)
        given = GivenLabel(label.data.label, label.data.by, label.time_ms, label.data.labeller)
        for learner in self._learners.get(label.data.kind, ()):
            result = learner.on_label("labels", self._labels, label.data.kind, label.decision_id, given, decision)
            failed = learner.learn(self._texts.held)
            if decision is not None and not failed:
                self._note(decision, given, result)
        self._labels += 1

    def _note(self, decision: Decision, given: GivenLabel, result: LabelResult) -> None:
        if result is LabelResult.LEARNED:
            self.report.learned += 1
            if self._on_learned is not None:
                for name, score in decision.scores.items():
                    self._on_learned(name, score, given.label == "abuse")


def _version(scorer: Scorer) -> str:
    """There are no checkpoints here: a model is what it has learned so far."""
    return str(scorer.learned) if scorer.learned else UNTRAINED


class LabelQueue:
    """Labels in time order, each to be given to the learners before the first event that is later.

    A learner holds a label whose event is still to come until that is decided.
    """

    def __init__(self, labels: Iterable[Label]) -> None:
        self._coming = sorted(labels, key=lambda label: label.time_ms)
        self._next = 0

    def before(self, time_ms: int) -> Iterator[Label]:
        """The labels to apply before an event of this time."""
        while self._next < len(self._coming) and self._coming[self._next].time_ms < time_ms:
            yield self._coming[self._next]
            self._next += 1


def read_labels(lines: Iterable[bytes], longest: int) -> tuple[list[Label], list[tuple[int, InvalidEvent]]]:
    """Labels of a file, and the lines that are none."""
    labels, refused = [], []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                labels.append(decode_label(line.strip(), longest))
            except InvalidEvent as error:
                refused.append((number, error))
    return labels, refused
