"""The models that score a kind, as one value: scoring a batch, with every fault contained."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from models.errors import ModelError
from models.learning.calibration import IDENTITY, Calibration
from models.learning.threshold import Threshold
from models.scorers import Batch, Scorer
from models.scorers.base import Vector
from models.verdict import Score

UNTRAINED = "untrained"
CHAMPION = "champion"
SHADOW = "shadow"
# By event that the model was asked about: its score, None where it failed.
Column = dict[int, float | None]
# What measures the scoring of a micro-batch by one model; the caller's, for nothing here reads a clock.
Watch = Callable[["Served"], AbstractContextManager[Any]]


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

    What the champion stacks scores every event.
    """
    named = {model.name: model for model in models}
    first = named.get(champion)
    needed = () if first is None or first.scorer is None else first.scorer.stacks
    served = []
    for name, model in sorted(named.items()):
        role = CHAMPION if name == champion else SHADOW
        share = 1.0 if role == CHAMPION or name in needed else model.share
        served.append(replace(model, role=role, share=share))
    return tuple(sorted(served, key=lambda model: model.role))


def reads_text(models: Iterable[Served]) -> bool:
    return any(model.scorer is not None and model.scorer.reads_text for model in models)


def score_batch(
    models: Sequence[Served], batch: Batch, ids: Sequence[str], watch: Watch = lambda _: nullcontext()
) -> list[Scored]:
    """Every model's score of every event; a model that raises or gives no number is left out and named.

    ``ids``: n decision ids, by which a challenger's share is chosen.
    """
    columns: dict[str, Column] = {}
    for model in _in_order(models):
        with watch(model):
            columns[model.name] = _column(model, batch, ids, columns)
    return [_scored(models, columns, row) for row in range(len(batch))]


def _in_order(models: Sequence[Served]) -> list[Served]:
    """What stacks others comes behind them."""
    return sorted(models, key=lambda model: bool(model.scorer is not None and model.scorer.stacks))


def _scored(models: Sequence[Served], columns: Mapping[str, Column], row: int) -> Scored:
    scores: list[Score] = []
    failed: list[str] = []
    champion = None
    for model in models:
        if row not in columns[model.name]:
            continue
        value = columns[model.name][row]
        if value is None or model.scorer is None:
            failed.append(model.name)
            continue
        warming = not model.scorer.ready
        scores.append(Score(model.name, model.version, value, model.role, warming))
        if model.role == CHAMPION and not warming:
            champion = model.calibration.apply(value)
    return Scored(tuple(scores), champion, tuple(failed))


def _column(model: Served, batch: Batch, ids: Sequence[str], columns: Mapping[str, Column]) -> Column:
    rows = [row for row, decision in enumerate(ids) if model.share >= 1 or _place(decision) < model.share]
    scorer = model.scorer
    if scorer is None or not rows:
        return dict.fromkeys(rows)
    scores = {name: _numbers(columns.get(name), name, batch) for name in scorer.stacks}
    try:
        mine = _rows(replace(batch, scores=scores).select(scorer.inputs), rows)
    except ModelError:
        return dict.fromkeys(rows)
    found = _scores(scorer, mine)
    if found is None:
        # One event that a model cannot take costs no other its score: a batch equals its events one by one.
        found = [
            one[0] if (one := _scores(scorer, _rows(mine, [at]))) is not None else None for at in range(len(mine))
        ]
    return dict(zip(rows, found, strict=True))


def _place(decision: str) -> float:
    """A number from 0 up to 1 for a decision id, which is a hash."""
    return int(decision[:8], 16) / 16**8


def _scores(scorer: Scorer, batch: Batch) -> list[float | None] | None:
    """None: the model raised, or gave another number of scores."""
    try:
        found = [float(value) for value in scorer.score_many(batch)]
    except Exception:  # noqa: BLE001 - whatever a model raises, decisions go on without it and say so
        return None
    # Neither comparison holds for what is not a number.
    return [value if 0 <= value <= 1 else None for value in found] if len(found) == len(batch) else None


def _rows(batch: Batch, rows: Sequence[int]) -> Batch:
    if len(rows) == len(batch):
        return batch
    texts = [batch.texts[row] for row in rows] if batch.texts else ()
    scores = {name: values[rows] for name, values in batch.scores.items()}
    return Batch(batch.names, batch.matrix[rows], texts, scores)


def _numbers(column: Column | None, name: str, batch: Batch) -> Vector:
    """A stacked model's scores: as they were just made, else those that came with the batch."""
    if column is None:
        return batch.scores.get(name, np.full(len(batch), math.nan))
    values = (column.get(row) for row in range(len(batch)))
    return np.array([math.nan if value is None else value for value in values])
