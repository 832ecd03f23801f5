"""A linear model of a mail's words, learned online from labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from models.scorers.base import Batch, Contributions, Scorer, Text
from models.text.features import Features, features_of, is_header
from models.text.linear import Linear, sigmoid
from models.text.naming import names_of

_UNKNOWN: Final = 0.5
_MOST_PARTS: Final = 50
_REST: Final = {True: "(all else in the headers)", False: "(all else in the body)"}
_HOW: Final = "exact: parts of the log-odds"


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
        scores = [_UNKNOWN] * len(batch)
        rows, texts = _there(batch)
        log_odds = (one for features in features_of(texts) for one in self._model.log_odds(features))
        for row, one in zip(rows, log_odds, strict=True):
            scores[row] = sigmoid(one)
        return scores

    def learn(self, batch: Batch, abuse: Sequence[bool] | None, weights: Sequence[float] | None = None) -> None:
        assert abuse is not None
        for row, text in zip(*_there(batch), strict=True):
            label = bool(abuse[row])
            self._model.learn(_features(text), label, 1.0 if weights is None else float(weights[row]))
            self._seen[label] += 1

    @property
    def ready(self) -> bool:
        return min(self._seen.values()) >= self._min_labels

    @property
    def learned(self) -> int:
        return sum(self._seen.values())

    def contributions(self, batch: Batch) -> list[Contributions]:
        """The 50 words and pairs that mattered most, as they can be read, and the sums of all others."""
        return [self._contributions(text) for text in _texts(batch)]

    def _contributions(self, text: Text | None) -> Contributions:
        if text is None:
            return Contributions((), _HOW)
        names = names_of(text)
        found = self._model.find(_features(text))
        parts = sorted(zip(found.keys.tolist(), self._model.parts(found).tolist(), strict=True), key=_falling)
        told = [(names[key], part) for key, part in parts[:_MOST_PARTS]]
        rest = dict.fromkeys(_REST, 0.0)
        for key, part in parts[_MOST_PARTS:]:
            rest[is_header(key)] += part
        return Contributions.of([*told, *((_REST[where], part) for where, part in rest.items() if part)], _HOW)


def _falling(part: tuple[int, float]) -> float:
    return -abs(part[1])


def _features(text: Text) -> Features:
    (features,) = features_of([text])
    return features


def _there(batch: Batch) -> tuple[list[int], list[Text]]:
    """The rows that have a text, and the texts."""
    there = [(row, text) for row, text in enumerate(_texts(batch)) if text is not None]
    return [row for row, _ in there], [text for _, text in there]


def _texts(batch: Batch) -> Sequence[Text | None]:
    return batch.texts or [None] * len(batch)
