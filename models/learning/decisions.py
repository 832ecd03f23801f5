"""The decisions that the learner remembers, so that a label meets the features as they were."""

from __future__ import annotations

from array import array
from collections import OrderedDict, deque
from dataclasses import dataclass

from models.scorers import Features
from models.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Decision:
    """What learning needs of a verdict. ``scores``: by model, as they were at decision time."""

    id: str
    kind: str
    names: tuple[str, ...]
    values: array[float]
    scores: dict[str, float]
    correction: bool

    @property
    def features(self) -> Features:
        return dict(zip(self.names, self.values, strict=True))


_names: dict[tuple[str, ...], tuple[str, ...]] = {}


def decision_of(verdict: Verdict) -> Decision:
    data = verdict.data
    names = tuple(data.features)
    return Decision(
        id=verdict.id,
        kind=data.event.kind,
        names=_names.setdefault(names, names),
        values=array("d", data.features.values()),
        scores={score.model: score.score for score in data.scores},
        correction=isinstance(data.corrects, str),
    )


class Decisions:
    """The newest ``most`` decisions, the first verdict of an id only, with where each stands in the log."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: OrderedDict[str, tuple[Decision, str]] = OrderedDict()
        self._offsets: dict[str, deque[int]] = {}

    def add(self, decision: Decision, partition: str, offset: int) -> None:
        if decision.id in self._held or decision.correction:
            return
        self._held[decision.id] = (decision, partition)
        self._offsets.setdefault(partition, deque()).append(offset)
        if len(self._held) > self._most:
            _, (_, oldest) = self._held.popitem(last=False)
            self._offsets[oldest].popleft()

    def get(self, decision_id: str) -> Decision | None:
        held = self._held.get(decision_id)
        return held[0] if held is not None else None

    def oldest(self) -> dict[str, int]:
        """The offset of the oldest remembered decision in each partition of the log."""
        return {partition: offsets[0] for partition, offsets in self._offsets.items() if offsets}
