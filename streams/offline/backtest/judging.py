"""Recorded verdicts of one kind, asked of both bundles."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from models.backtest.comparison import BASELINE, CANDIDATE, Row
from models.backtest.recorded import Recorded, RecordedReader, vector_of
from models.backtest.side import Side, Sided
from models.facts import NO_FACTS, Facts
from models.judge import NO_FEATURES, Question
from streams.offline.backtest.lists import ListChange
from streams.offline.backtest.plan import Compiled

_IP = "ip"
_UNCHANGED = (None, None)


class Group(msgspec.Struct, frozen=True):
    """What verdicts have in common. ``blind``: decided without features. ``schema``: the hash of their features."""

    kind: str
    bundle: str
    schema: str
    blind: bool


class KindJudging:
    """``reader`` reads the verdicts of this kind."""

    def __init__(self, kind: str, compiled: Compiled) -> None:
        self.kind = kind
        self.catalogue = compiled.catalogues[kind]
        self.reader = RecordedReader(self.catalogue)
        self.bundles = compiled.pairs[kind]
        self._compiled = compiled
        self._sides = tuple(Side(bundle) for bundle in self.bundles)
        self._is_one = self.bundles[CANDIDATE].hash == self.bundles[BASELINE].hash
        # By the bundle that a verdict names, for each side; None: its facts are as recorded.
        self._changes: dict[str, tuple[ListChange | None, ListChange | None]] = {}
        self._groups: dict[tuple[str, str, bool], Group] = {}
        self._target = self.catalogue.kind.target

    def group(self, recorded: Recorded) -> Group:
        data = recorded.data
        key = data.bundle, data.schema, NO_FEATURES in data.degraded
        return self._groups.get(key) or self._groups.setdefault(key, Group(self.kind, *key))

    def knows(self, bundle_hash: str) -> bool:
        """Whether the bundle that verdicts name can be asked what its files said."""
        return self._compiled.known(self.kind, bundle_hash) is not None

    def row(self, place: int, recorded: Recorded, time_ms: int) -> Row | None:
        """What both sides say; None if nobody asks anything, then or now."""
        asked, other = self.questions(recorded, time_ms)
        candidate = self._sides[CANDIDATE].judge(asked)
        baseline = candidate if self._is_one else self._sides[BASELINE].judge(other)
        data = recorded.data
        if _is_quiet(candidate) and _is_quiet(baseline) and data.action == "allow":
            return None
        entities, sides = data.entities, (candidate, baseline)
        return Row(place, recorded.id, entities.get(self._target), entities.get(_IP), data.score, data.action, sides)

    def questions(self, recorded: Recorded, time_ms: int) -> tuple[Question, Question]:
        """What candidate and baseline are asked about a verdict: one and the same, where their lists are."""
        data = recorded.data
        facts = NO_FACTS if data.facts == NO_FACTS else _plain(data.facts)
        question = Question(
            time_ms=time_ms,
            data=data.fields,
            entities=data.entities,
            vector=vector_of(recorded),
            score=data.score,
            facts=facts,
            degraded=data.degraded,
        )
        changes = self._changes.get(data.bundle) or self._changes_since(data.bundle)
        if changes == _UNCHANGED:
            return question, question
        return _changed(question, changes[CANDIDATE]), _changed(question, changes[BASELINE])

    def _changes_since(self, bundle_hash: str) -> tuple[ListChange | None, ListChange | None]:
        then = self._compiled.known(self.kind, bundle_hash)
        kind = self.catalogue.kind
        candidate, baseline = (ListChange(kind, bundle, then) for bundle in self.bundles)
        changes = (
            None if candidate.is_nothing else candidate,
            None if baseline.is_nothing else baseline,
        )
        self._changes[bundle_hash] = changes
        return changes


def _changed(question: Question, change: ListChange | None) -> Question:
    if change is None:
        return question
    facts = change.apply(question.facts, question.time_ms, question.data, question.entities)
    return replace(question, facts=facts)


def _plain(facts: Facts) -> Facts:
    """Without what that bundle's own decisions led to."""
    if not facts.tripped and not facts.escalation:
        return facts
    facts = msgspec.structs.replace(facts, tripped=(), escalation={})
    return NO_FACTS if facts == NO_FACTS else facts


def _is_quiet(sided: Sided) -> bool:
    outcome = sided.outcome
    return not sided.fired and outcome.action == "allow" and outcome.before == "allow"
