"""One model's scores of a batch, whatever it does: raise, misreport itself, or change what it was given."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

import numpy as np

from models.scorers import Batch, Scorer
from models.scorers.base import Vector

# By event that the model was asked about: its score, None where it failed.
Column = dict[int, float | None]
# Whether a model has had its time: what it has not scored by then has no score of it.
Late = Callable[[], bool]
_Answer = TypeVar("_Answer")


class Traits(NamedTuple):
    """What a scorer says of itself, as ``Scorer`` has it."""

    inputs: tuple[str, ...]
    stacks: tuple[str, ...]
    reads_text: bool
    ready: bool


def traits_of(scorer: Scorer | None) -> Traits | None:
    """None: there is no scorer, or it cannot say."""
    if scorer is None:
        return None
    return _contained(
        lambda: Traits(
            tuple(scorer.inputs),
            tuple(map(str, scorer.stacks)),
            bool(scorer.reads_text),
            bool(scorer.ready),
        )
    )


def column_of(
    scorer: Scorer, traits: Traits, batch: Batch, rows: Sequence[int], columns: Mapping[str, Column], late: Late
) -> Column:
    """The scores of the events in ``rows``; ``columns``: those that were made before, which it may stack."""
    scores = {name: _numbers(columns.get(name), name, batch) for name in traits.stacks}
    asked = _contained(lambda: replace(batch, scores=scores).select(traits.inputs))
    if asked is None:
        return dict.fromkeys(rows)
    found = _scores(scorer, _own(asked, rows))
    if found is None and len(rows) > 1:
        # One event that a model cannot take costs no other its score: a batch equals its events one by one.
        found = [None if late() or (one := _scores(scorer, _own(asked, [row]))) is None else one[0] for row in rows]
    return dict.fromkeys(rows) if found is None else dict(zip(rows, found, strict=True))


def _own(batch: Batch, rows: Sequence[int]) -> Batch:
    """A copy: what a model does to it, or keeps of it, is no other's."""
    texts = [batch.texts[row] for row in rows] if batch.texts else ()
    if len(rows) == len(batch):
        return Batch(batch.names, batch.matrix.copy(), texts, {n: v.copy() for n, v in batch.scores.items()})
    return Batch(batch.names, batch.matrix[rows], texts, {n: v[rows] for n, v in batch.scores.items()})


def _scores(scorer: Scorer, batch: Batch) -> list[float | None] | None:
    """None: the model raised, or gave something else than n numbers."""
    found = _contained(lambda: _floats(scorer.score_many(batch)))
    if found is None or len(found) != len(batch):
        return None
    # Neither comparison holds for what is not a number.
    return [value if 0 <= value <= 1 else None for value in found]


def _floats(given: Any) -> list[float]:
    """Raises TypeError for what only passes for numbers: texts, truth values, a column of columns."""
    if isinstance(given, np.ndarray):
        if given.ndim != 1 or given.dtype.kind not in "fiu":
            raise TypeError
        return [float(value) for value in given.tolist()]
    listed = list(given)
    for one in set(map(type, listed)):
        if not issubclass(one, (float, int, np.floating, np.integer)) or issubclass(one, bool):
            raise TypeError
    return [float(value) for value in listed]


def _numbers(column: Column | None, name: str, batch: Batch) -> Vector:
    """A stacked model's scores: as they were just made, else those that came with the batch."""
    if column is None:
        return batch.scores.get(name, np.full(len(batch), math.nan))
    values = (column.get(row) for row in range(len(batch)))
    return np.array([math.nan if value is None else value for value in values])


def _contained(ask: Callable[[], _Answer]) -> _Answer | None:
    """None: whatever a model raises, decisions go on without it and say so; what it says may be somebody's mail."""
    try:
        return ask()
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - sys.exit and the panics of other languages' libraries are no Exception
        return None
