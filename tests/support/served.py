"""Models for tests: those that ship, before or after some learning, and one that gives what it is told to give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from support.events import CATALOGUES

from models.scorers import Batch, Declared, Scorer
from models.served import SHADOW, Served, serve


class Fixed(Scorer):
    """Always gives what it was told to give; of a list, the entries in order."""

    def __init__(self, answer: Any, *, ready: bool = True, stacks: tuple[str, ...] = ()) -> None:
        self.answer = answer
        self.stacks = stacks
        self._ready = ready

    @property
    def ready(self) -> bool:
        return self._ready

    @property
    def learned(self) -> int:
        return 1

    def score_many(self, batch: Batch) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        if callable(self.answer):
            return self.answer(batch)
        return self.answer if isinstance(self.answer, (list, type(None))) else [self.answer] * len(batch)

    def learn(self, batch: Batch, abuse: Sequence[bool] | None, weights: Sequence[float] | None = None) -> None:
        raise AssertionError("judging must not teach")


def declared(min_labels: int = 2) -> Declared:
    return Declared(CATALOGUES, min_labels)


def fresh(kind: str, min_labels: int = 2) -> dict[str, Scorer]:
    """A kind's models before they have learned anything, by name."""
    known = declared(min_labels)
    return {name: known.fresh(kind, name) for name in known.models[kind]}


def teach(scorers: Mapping[str, Scorer], vectors: Sequence[Sequence[float]], kind: str) -> None:
    """Every second vector is abuse, beginning with the first."""
    for scorer in scorers.values():
        batch = Batch.of(CATALOGUES[kind].names, vectors).select(scorer.inputs)
        labels = [number % 2 == 0 for number in range(len(vectors))]
        scorer.learn(batch, labels if scorer.learns_from == "labels" else None)


def served(kind: str, scorers: Mapping[str, Scorer], versions: Mapping[str, str] | None = None) -> tuple[Served, ...]:
    """As they serve where nobody promoted one; without ``versions`` all have version 7."""
    named = versions or {}
    models = (Served(name, named.get(name, "7"), SHADOW, scorer) for name, scorer in scorers.items())
    return serve(models, declared().champion(kind))
