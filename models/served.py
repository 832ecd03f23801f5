"""The models that score a kind, as one value: scoring a batch, with every fault contained."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace

from models.column import Column, Late, Traits, column_of, traits_of
from models.learning.calibration import IDENTITY, Calibration
from models.learning.threshold import Threshold
from models.scorers import Batch, Scorer
from models.verdict import Score

UNTRAINED = "untrained"
CHAMPION = "champion"
SHADOW = "shadow"
# What measures the scoring of a micro-batch by one model; the caller's, for nothing here reads a clock. It may say
# when the model has had its time.
Watch = Callable[["Served"], AbstractContextManager[Late | None]]


@dataclass(frozen=True, slots=True)
class Served:
    """One model as it serves: ``version`` names its checkpoint, ``role`` is "champion" or "shadow".

    ``scorer`` is None while it is left out: verdicts say so. ``share``: of a challenger, the part of the events that
    it scores.
    """

    name: str
    version: str
    role: str
    scorer: Scorer | None
    calibration: Calibration = IDENTITY
    thresholds: Mapping[str, Threshold] = field(default_factory=dict)
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Scored:
    """The scores of one event; the champion's, calibrated, where it counts (else None); the models that failed."""

    scores: tuple[Score, ...]
    champion: float | None
    failed: tuple[str, ...]


def serve(models: Iterable[Served], champion: str) -> tuple[Served, ...]:
    """Give the roles and the order of verdicts: the champion comes first, then the others by name.

    What a model stacks, directly or not, scores every event that the model scores.
    """
    named = dict(sorted((model.name, model) for model in models))
    traits = {name: traits_of(model.scorer) for name, model in named.items()}
    shares = {name: 1.0 if name == champion else model.share for name, model in named.items()}
    for name in reversed(_in_order(traits)):
        for below in _stacked(traits[name], traits):
            shares[below] = max(shares[below], shares[name])
    served = [
        replace(model, role=CHAMPION if name == champion else SHADOW, share=shares[name])
        for name, model in named.items()
    ]
    return tuple(sorted(served, key=lambda model: model.role))


def reads_text(models: Iterable[Served]) -> bool:
    return any(traits is not None and traits.reads_text for traits in (traits_of(model.scorer) for model in models))


def score_batch(
    models: Sequence[Served], batch: Batch, ids: Sequence[str], watch: Watch = lambda _: nullcontext()
) -> list[Scored]:
    """Every model's score of every event; a model that raises or gives no number is left out and named.

    ``ids``: n decision ids, by which a challenger's share is chosen.
    """
    named = {model.name: model for model in models}
    traits = {name: traits_of(model.scorer) for name, model in named.items()}
    # What is not in the order stacks itself: it has no score.
    columns: dict[str, Column] = {name: dict.fromkeys(_rows(model, ids)) for name, model in named.items()}
    for name in _in_order(traits):
        model, known, rows = named[name], traits[name], list(columns[name])
        if model.scorer is None or known is None or not rows:
            continue
        with watch(model) as late:
            columns[name] = column_of(model.scorer, known, batch, rows, columns, late or _never)
    return [_scored(models, traits, columns, row) for row in range(len(batch))]


def _in_order(traits: Mapping[str, Traits | None]) -> list[str]:
    """What stacks others comes behind them; what stacks itself, by others or not, is left out, and so is what stacks
    that."""
    left = {name: _stacked(known, traits) for name, known in traits.items()}
    order: list[str] = []
    while free := [name for name, below in left.items() if not any(one in left for one in below)]:
        order += free
        for name in free:
            del left[name]
    return order


def _stacked(known: Traits | None, among: Mapping[str, Traits | None]) -> list[str]:
    return [] if known is None else [name for name in known.stacks if name in among]


def _scored(
    models: Sequence[Served], traits: Mapping[str, Traits | None], columns: Mapping[str, Column], row: int
) -> Scored:
    scores: list[Score] = []
    failed: list[str] = []
    champion = None
    for model in models:
        if row not in columns[model.name]:
            continue
        value, known = columns[model.name][row], traits[model.name]
        if value is None or known is None:
            failed.append(model.name)
            continue
        scores.append(Score(model.name, model.version, value, model.role, not known.ready))
        if model.role == CHAMPION and known.ready:
            champion = model.calibration.apply(value)
    return Scored(tuple(scores), champion, tuple(failed))


def _rows(model: Served, ids: Sequence[str]) -> list[int]:
    """The events that the model is asked about."""
    return [row for row, decision in enumerate(ids) if model.share >= 1 or _place(decision) < model.share]


def _place(decision: str) -> float:
    """A number from 0 up to 1 for a decision id, which is a hash."""
    return int(decision[:8], 16) / 16**8


def _never() -> bool:
    return False
