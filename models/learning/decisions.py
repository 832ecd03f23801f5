"""The decisions that the learner remembers, so that a label meets the features as they were."""

from __future__ import annotations

from array import array
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

import msgspec

from features.event import to_milliseconds
from models.verdict import EventRef, Score


class Origin(NamedTuple):
    """Where a decision's event stands in Kafka; ``topic_id`` is empty where nobody kept it."""

    topic: str
    topic_id: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What learning needs of a verdict.

    ``names`` and ``values``: the features. ``score_values``: by ``models``, what they said at decision time, raw, in
    the ``versions`` of then; those of ``warming`` ones did not count yet. ``champion``: whose score counted,
    ``calibrated``: what it came to, None while it was warming; ``thresholds``: by promised rate, those in force that
    were not thin. ``origin``: where the event's text can be read.
    """

    id: str
    kind: str
    names: tuple[str, ...]
    values: array[float]
    models: tuple[str, ...]
    score_values: array[float]
    correction: bool = False
    versions: tuple[str, ...] = ()
    warming: tuple[str, ...] = ()
    champion: str = ""
    calibrated: float | None = None
    thresholds: Mapping[str, float] = field(default_factory=dict)
    time_ms: int = 0
    action: str = ""
    origin: Origin | None = None

    @property
    def scores(self) -> dict[str, float]:
        return dict(zip(self.models, self.score_values, strict=True))

    @property
    def reached(self) -> dict[str, bool]:
        """By promised rate, whether the champion's score came up to the threshold in force."""
        said = self.calibrated
        return {} if said is None else {rate: said >= threshold for rate, threshold in self.thresholds.items()}

    def version_of(self, model: str) -> str | None:
        """The version of the model that scored this."""
        return dict(zip(self.models, self.versions, strict=False)).get(model)


class RecordedFacts(msgspec.Struct, frozen=True):
    thresholds: dict[str, float] = {}
    thin: tuple[str, ...] = ()


class RecordedData(msgspec.Struct, frozen=True):
    """``models.verdict.VerdictData`` as far as learning looks into it: a learner reads all verdicts."""

    event: EventRef
    action: str
    score: float | None
    scores: tuple[Score, ...]
    features: dict[str, float]
    facts: RecordedFacts
    corrects: str | msgspec.UnsetType = msgspec.UNSET


class Recorded(msgspec.Struct, frozen=True):
    id: str
    time: datetime
    data: RecordedData


class _Facts(Protocol):
    @property
    def thresholds(self) -> dict[str, float]: ...
    @property
    def thin(self) -> tuple[str, ...]: ...


class _Data(Protocol):
    @property
    def event(self) -> EventRef: ...
    @property
    def action(self) -> str: ...
    @property
    def score(self) -> float | None: ...
    @property
    def scores(self) -> Iterable[Score]: ...
    @property
    def features(self) -> Mapping[str, float]: ...
    @property
    def facts(self) -> _Facts: ...
    @property
    def corrects(self) -> str | msgspec.UnsetType: ...


class _Verdict(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def time(self) -> datetime | str: ...
    @property
    def data(self) -> _Data: ...


# Names are the same for a kind's decisions, and are held once.
_names: dict[tuple[str, ...], tuple[str, ...]] = {}
_MOST_NAMES = 10_000


def decode_decision(record: bytes, origin: Origin | None = None) -> Decision:
    """A verdict's record to its decision; raises msgspec.MsgspecError or UnicodeError for what is none."""
    return decision_of(_decoder.decode(record), origin)


def decision_of(verdict: _Verdict, origin: Origin | None = None) -> Decision:
    data = verdict.data
    time = verdict.time if isinstance(verdict.time, datetime) else datetime.fromisoformat(verdict.time)
    return Decision(
        id=verdict.id,
        kind=data.event.kind,
        names=_once(tuple(data.features)),
        values=array("d", data.features.values()),
        models=_once(tuple(score.model for score in data.scores)),
        score_values=array("d", (score.score for score in data.scores)),
        correction=isinstance(data.corrects, str),
        versions=_once(tuple(score.version for score in data.scores)),
        warming=_once(tuple(score.model for score in data.scores if score.warming)),
        champion=next((score.model for score in data.scores if score.role == "champion"), ""),
        calibrated=data.score,
        # Nobody was hindered by a thin one.
        thresholds={rate: found for rate, found in data.facts.thresholds.items() if rate not in data.facts.thin},
        time_ms=to_milliseconds(time),
        action=data.action,
        origin=origin,
    )


def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(_names) >= _MOST_NAMES:
        # Whatever writes verdicts with ever new names, it does not fill the memory.
        _names.clear()
    return _names.setdefault(names, names)


class Decisions:
    """The newest ``most`` decisions, the first verdict of an id only, with where each stands in the log."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: OrderedDict[str, tuple[Decision, str, int]] = OrderedDict()
        self._offsets: dict[str, deque[int]] = {}

    def add(self, decision: Decision, partition: str, offset: int, append_ms: int = 0) -> None:
        """``append_ms``: when the verdict's record was appended."""
        if decision.id in self._held or decision.correction:
            return
        self._held[decision.id] = (decision, partition, append_ms)
        self._offsets.setdefault(partition, deque()).append(offset)
        if len(self._held) > self._most:
            _, (_, oldest, _) = self._held.popitem(last=False)
            self._offsets[oldest].popleft()

    def get(self, decision_id: str) -> Decision | None:
        held = self._held.get(decision_id)
        return held[0] if held is not None else None

    def all(self) -> Iterable[Decision]:
        """Oldest first."""
        return (decision for decision, _, _ in self._held.values())

    def oldest(self) -> dict[str, int]:
        """The offset of the oldest remembered decision in each partition of the log."""
        return {partition: offsets[0] for partition, offsets in self._offsets.items() if offsets}

    @property
    def oldest_ms(self) -> int | None:
        """When the oldest remembered verdict was appended; None: nothing is remembered."""
        return next((append_ms for _, _, append_ms in self._held.values()), None)


_decoder = msgspec.json.Decoder(Recorded)
