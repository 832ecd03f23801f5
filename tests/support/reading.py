"""A model of private text that is small enough to know by heart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from models.scorers import Batch, Contributions, Scorer


class CountsWords(Scorer):
    """Each word of a mail's body adds as many hundredths as it has letters."""

    reads_text: ClassVar[bool] = True

    @property
    def ready(self) -> bool:
        return True

    @property
    def learned(self) -> int:
        return 1

    def score_many(self, batch: Batch) -> list[float]:
        return [0.0 if text is None else min(1.0, len(text.body) / 100) for text in batch.texts]

    def learn(self, batch: Batch, abuse: Sequence[bool] | None, weights: Sequence[float] | None = None) -> None:
        raise AssertionError("it is not taught")

    def contributions(self, batch: Batch) -> list[Contributions]:
        return [
            Contributions.of(((word, len(word) / 100) for word in text.body.split()), "exact: by its letters")
            for text in batch.texts
            if text is not None
        ]
