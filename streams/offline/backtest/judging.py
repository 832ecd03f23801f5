"""Recorded verdicts of one kind, asked of both bundles."""

from __future__ import annotations

import msgspec

from models.backtest.comparison import BASELINE, CANDIDATE, Row
from models.backtest.recorded import Recorded, RecordedReader, vector_of
from models.backtest.side import Side, Sided
from models.facts import NO_FACTS, Facts
from models.judge import NO_FEATURES, Question
from streams.offline.backtest.lists import ListChange, ListView
from streams.offline.backtest.plan import Compiled

_IP = "ip"


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
        self._views = tuple(ListView(bundle) for bundle in self.bundles)
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
        candidate = self.side(CANDIDATE, recorded, time_ms)
        baseline = candidate if self._is_one else self.side(BASELINE, recorded, time_ms)
        action = recorded.data.action
        if _is_quiet(candidate) and _is_quiet(baseline) and action == "allow":
            return None
        data = recorded.data
        entities = data.entities
        sides = (candidate, baseline)
        return Row(place, recorded.id, entities.get(self._target), entities.get(_IP), data.score, action, sides)

    def side(self, side: int, recorded: Recorded, time_ms: int) -> Sided:
        return self._sides[side].judge(self.question(side, recorded, time_ms))

    def question(self, side: int, recorded: Recorded, time_ms: int) -> Question:
        """What this side is asked about a verdict."""
        data = recorded.data
        facts = data.facts
        facts = NO_FACTS if facts == NO_FACTS else _plain(facts)
        changes = self._changes.get(data.bundle) or self._changes_since(data.bundle)
        change = changes[side]
        if change is not None:
            facts = change.apply(facts, time_ms, data.fields, data.entities)
        return Question(
            time_ms=time_ms,
            data=data.fields,
            entities=data.entities,
            vector=vector_of(recorded),
            score=data.score,
            facts=facts,
            degraded=data.degraded,
        )

    def _changes_since(self, bundle_hash: str) -> tuple[ListChange | None, ListChange | None]:
        then = ListView(self._compiled.known(self.kind, bundle_hash))
        kind = self.catalogue.kind
        candidate, baseline = (ListChange(kind, view, then) for view in self._views)
        changes = (
            None if candidate.is_nothing else candidate,
            None if baseline.is_nothing else baseline,
        )
        self._changes[bundle_hash] = changes
        return changes


def _plain(facts: Facts) -> Facts:
    """Without what that bundle's own decisions led to."""
    if not facts.tripped and not facts.escalation:
        return facts
    facts = msgspec.structs.replace(facts, tripped=(), escalation={})
    return NO_FACTS if facts == NO_FACTS else facts


def _is_quiet(sided: Sided) -> bool:
    outcome = sided.outcome
    return not sided.fired and outcome.action == "allow" and outcome.before == "allow"
