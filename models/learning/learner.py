"""One model's learner: takes verdicts and labels in log order, teaches its scorer, and can be checkpointed whole."""

from __future__ import annotations

from enum import Enum

import msgspec

from models.learning.decisions import Decision
from models.scorers import Scorer

STRENGTH = {"rule": 1, "honeypot": 1, "user": 2, "analyst": 3}
MOST_WAITING = 100_000
WAITING_MS = 7 * 86_400_000
TAUGHT_MS = 30 * 86_400_000
_WITHDRAWN = "withdrawn"


class GivenLabel(msgspec.Struct, frozen=True):
    """A label as learning sees it: "abuse", "legit" or "withdrawn", by whom, and when in milliseconds."""

    label: str
    by: str
    time_ms: int


class LabelResult(Enum):
    """What became of a label."""

    LEARNED = "learned"
    WAITING = "waiting"
    REPEATED = "repeated"
    OUTRANKED = "outranked"
    WITHDRAWN = "withdrawn"
    DROPPED = "dropped"
    NOT_MINE = "not_mine"


class State(msgspec.Struct):
    """Everything but the weights.

    ``positions``: by log partition, the next offset to take. ``sources``: by verdict partition and source
    partition, the greatest source offset trained. ``waiting``: labels by decision id, until its verdict comes.
    ``taught``: by decision id, the label that the model holds for true. ``remembered``: by verdict partition,
    where to begin reading so that all remembered decisions are met again.
    """

    positions: dict[str, int] = {}
    sources: dict[str, int] = {}
    waiting: dict[str, list[GivenLabel]] = {}
    taught: dict[str, GivenLabel] = {}
    remembered: dict[str, int] = {}
    newest_label_ms: int = 0


class ModelLearner:
    """Inputs at or before a position that the state holds are skipped, so a restart may read them again.

    ``changed``: weights or waiting labels have changed since it was last set to False.
    """

    def __init__(self, name: str, kind: str, scorer: Scorer, state: State | None = None) -> None:
        self.name = name
        self.kind = kind
        self.scorer = scorer
        self.state = state if state is not None else State()
        self.changed = False

    def on_verdict(
        self, partition: str, offset: int, decision: Decision, source: str, source_offset: int
    ) -> list[tuple[GivenLabel, LabelResult]]:
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
                self.scorer.learn(decision.features, None)
                self.changed = True
            return []
        # Also where the verdict was passed before: after a restart a label can come ahead of the verdicts that are
        # met again, and then waits for one of them.
        waited = self.state.waiting.pop(decision.id, [])
        self.changed = self.changed or bool(waited)
        return [(given, self._teach(decision, given)) for given in waited]

    def on_label(
        self, partition: str, offset: int, kind: str, decision_id: str, given: GivenLabel, decision: Decision | None
    ) -> LabelResult:
        """Take one label; ``decision``: the remembered decision, None if it has not been seen."""
        if not self._advance(partition, offset) or kind != self.kind or self.scorer.learns_from != "labels":
            return LabelResult.NOT_MINE
        self.changed = True
        self.state.newest_label_ms = max(self.state.newest_label_ms, given.time_ms)
        if decision is None:
            return self._wait(decision_id, given)
        return self._teach(decision, given)

    def skip(self, partition: str, offset: int) -> None:
        """Pass a record that is neither verdict nor label."""
        self._advance(partition, offset)

    def _advance(self, partition: str, offset: int) -> bool:
        if offset < self.state.positions.get(partition, 0):
            return False
        self.state.positions[partition] = offset + 1
        return True

    def _wait(self, decision_id: str, given: GivenLabel) -> LabelResult:
        if given.label == _WITHDRAWN:
            return self._withdraw_waiting(decision_id, given)
        if len(self.state.waiting) >= MOST_WAITING and decision_id not in self.state.waiting:
            self.forget_old()
            if len(self.state.waiting) >= MOST_WAITING:
                return LabelResult.DROPPED
        held = self.state.waiting.setdefault(decision_id, [])
        if any((one.label, one.by) == (given.label, given.by) for one in held):
            return LabelResult.REPEATED
        held.append(given)
        return LabelResult.WAITING

    def _withdraw_waiting(self, decision_id: str, given: GivenLabel) -> LabelResult:
        """A label that is withdrawn before its decision is known teaches nothing; a stronger one goes on waiting."""
        held = self.state.waiting.pop(decision_id, [])
        stronger = [one for one in held if STRENGTH[one.by] > STRENGTH[given.by]]
        if stronger:
            self.state.waiting[decision_id] = stronger
        return LabelResult.WITHDRAWN

    def _teach(self, decision: Decision, given: GivenLabel) -> LabelResult:
        held = self.state.taught.get(decision.id)
        if given.label == _WITHDRAWN:
            return LabelResult.WITHDRAWN
        if held is not None and held.label == given.label:
            if STRENGTH[given.by] > STRENGTH[held.by]:
                # Nothing new to learn, but from now on only a label as strong can be contradicted by a stronger one.
                self.state.taught[decision.id] = given
            return LabelResult.REPEATED
        if held is not None and STRENGTH[given.by] <= STRENGTH[held.by]:
            return LabelResult.OUTRANKED
        self.scorer.learn(decision.features, given.label == "abuse")
        self.state.taught[decision.id] = given
        return LabelResult.LEARNED

    def forget_old(self) -> int:
        """Drop waiting labels after 7 days and taught ones after 30, in label time; how many of the former."""
        now = self.state.newest_label_ms
        state = self.state
        before = len(state.waiting)
        state.taught = {i: given for i, given in state.taught.items() if now - given.time_ms <= TAUGHT_MS}
        state.waiting = {
            decision: given for decision, given in state.waiting.items() if now - given[-1].time_ms <= WAITING_MS
        }
        return before - len(state.waiting)


def encode_state(state: State) -> bytes:
    return msgspec.msgpack.encode(state)


def decode_state(blob: bytes) -> State:
    return msgspec.msgpack.decode(blob, type=State)
