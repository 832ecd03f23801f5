"""A linear model of a mail's words, learned online from labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from models.scorers.base import Batch, Scorer, Text
from models.text.features import Keys, keys_of
from models.text.linear import Linear, sigmoid
from models.text.reading import read

_UNKNOWN = 0.5


class TextScorer(Scorer):
    """Scores headers and body. High scores mean abuse; an event without text scores 0.5, and teaches nothing.

    ``min_labels``: it is ready once it has learned so many examples of each class.
    """

    reads_text: ClassVar[bool] = True
    # Weights make rare words louder than they are: chosen on the first 2,000 mails, as all here.
    balanced: ClassVar[bool] = False

    def __init__(self, min_labels: int) -> None:
        self._min_labels = min_labels
        self._seen = {True: 0, False: 0}
        self._model = Linear()

    def score_many(self, batch: Batch) -> list[float]:
        return [self._score(text) for text in _texts(batch)]

    def _score(self, text: Text | None) -> float:
        return _UNKNOWN if text is None else sigmoid(self._model.log_odds(_keys(text)))

    def learn(self, batch: Batch, abuse: Sequence[bool] | None, weights: Sequence[float] | None = None) -> None:
        assert abuse is not None
        for number, (text, label) in enumerate(zip(_texts(batch), abuse, strict=True)):
            if text is not None:
                self._model.learn(_keys(text), label, 1.0 if weights is None else weights[number])
                self._seen[label] += 1

    @property
    def ready(self) -> bool:
        return min(self._seen.values()) >= self._min_labels

    @property
    def learned(self) -> int:
        return sum(self._seen.values())


def _keys(text: Text) -> Keys:
    return keys_of(read(text.headers, text.body))


def _texts(batch: Batch) -> Sequence[Text | None]:
    return batch.texts or [None] * len(batch)
