"""The models that score a kind, as one value: scoring a batch, with every fault contained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.scorers import Features, Scorer
from models.verdict import Score

UNTRAINED = "untrained"


@dataclass(frozen=True, slots=True)
class Served:
    """One model as it serves: ``version`` names its checkpoint, ``role`` is "champion" or "shadow"."""

    name: str
    version: str
    role: str
    scorer: Scorer


@dataclass(frozen=True, slots=True)
class Scored:
    """The scores of one vector, the champion's where it counts (else None), and the models that failed."""

    scores: tuple[Score, ...]
    champion: float | None
    failed: tuple[str, ...]


def serve(scorers: Mapping[str, tuple[str, Scorer]], champion: str) -> tuple[Served, ...]:
    """Order models for serving: ``scorers`` maps a name to (version, scorer); the champion comes first."""
    served = [
        Served(name, version, "champion" if name == champion else "shadow", scorer)
        for name, (version, scorer) in sorted(scorers.items())
    ]
    return tuple(sorted(served, key=lambda model: model.role))


def score_batch(models: Sequence[Served], vectors: Sequence[Features]) -> list[Scored]:
    """Every model's score of every vector; a model that raises or gives no number is left out and named."""
    columns = [_column(model, vectors) for model in models]
    result = []
    for row in range(len(vectors)):
        scores: list[Score] = []
        failed: list[str] = []
        champion = None
        for model, column in zip(models, columns, strict=True):
            value = column[row]
            if value is None:
                failed.append(model.name)
                continue
            warming = not model.scorer.ready
            scores.append(Score(model.name, model.version, value, model.role, warming))
            if model.role == "champion" and not warming:
                champion = value
        result.append(Scored(tuple(scores), champion, tuple(failed)))
    return result


def _column(model: Served, vectors: Sequence[Features]) -> list[float | None]:
    try:
        column = [float(value) for value in model.scorer.score_many(vectors)]
    except Exception:  # noqa: BLE001 - whatever a model raises, decisions go on without it and say so
        column = []
    if len(column) != len(vectors):
        return [None] * len(vectors)
    # Neither comparison holds for what is not a number.
    return [value if 0 <= value <= 1 else None for value in column]
