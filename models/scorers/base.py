"""What every scorer is: a model that turns a feature vector into a score, and learns from examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

Features = Mapping[str, float]


class Scorer(Protocol):
    """Scores lie in [0, 1]; high means abuse. A scorer is pickled whole, so that learning goes on exactly."""

    learns_from: str
    """``labels``: from labelled decisions. ``verdicts``: from every decision, without a label."""

    def score_many(self, vectors: Sequence[Features]) -> list[float]:
        """One score a vector; never changes the model."""
        ...

    def learn(self, vector: Features, abuse: bool | None) -> None:
        """Learn one example; ``abuse`` is None for a scorer that learns from verdicts."""
        ...

    @property
    def ready(self) -> bool:
        """Whether it has learned enough for its score to count."""
        ...

    @property
    def learned(self) -> int:
        """How many examples it has learned."""
        ...


@runtime_checkable
class Contributing(Protocol):
    """A scorer that can tell what its score is made of; trees, for one, cannot."""

    def contributions(self, vector: Features) -> list[tuple[str, float]]:
        """Each feature's part in the score of this vector, the largest first; positive ones raise the score."""
        ...
