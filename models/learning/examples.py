"""Examples that a model is about to learn, as the batch that it learns from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.learning.decisions import Decision
from models.learning.labels import GivenLabel
from models.scorers import Batch, Scorer, Text

_NAN = float("nan")


@dataclass(frozen=True, slots=True)
class Example:
    """``given``: the label that it is learned by; None where a model learns from every verdict."""

    decision: Decision
    given: GivenLabel | None = None

    @property
    def abuse(self) -> bool:
        return self.given is not None and self.given.label == "abuse"


class Inputs:
    """Features by name, in the decisions of any feature schema."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._at: dict[tuple[str, ...], list[int] | None] = {}

    def has(self, decision: Decision) -> bool:
        """Whether the decision has all of them."""
        return self._columns(decision.names) is not None

    def rows(self, decisions: Sequence[Decision]) -> list[list[float]]:
        """Their values in order, of decisions that have them all."""
        found = []
        for decision in decisions:
            columns = self._columns(decision.names)
            assert columns is not None
            found.append([decision.values[column] for column in columns])
        return found

    def _columns(self, names: tuple[str, ...]) -> list[int] | None:
        if names not in self._at:
            at = {name: column for column, name in enumerate(names)}
            columns = [at.get(name, -1) for name in self._names]
            if len(self._at) >= 100:
                self._at.clear()
            self._at[names] = None if -1 in columns else columns
        return self._at[names]


def batch_of(
    scorer: Scorer, inputs: Inputs, decisions: Sequence[Decision], texts: Mapping[str, Text | None]
) -> Batch:
    """``texts``: by decision id, for a scorer that reads them."""
    scores = {}
    if scorer.stacks:
        recorded = [decision.scores for decision in decisions]
        scores = {name: np.array([one.get(name, _NAN) for one in recorded]) for name in scorer.stacks}
    read = [texts[decision.id] for decision in decisions] if scorer.reads_text else ()
    return Batch.of(scorer.inputs, inputs.rows(decisions), read, scores)


def newest(batch: Batch, most: int) -> Batch:
    """The last events of a batch, at most so many."""
    scores = {name: column[-most:] for name, column in batch.scores.items()}
    return Batch(batch.names, batch.matrix[-most:], batch.texts[-most:], scores)
