"""The checks find what is wrong with a model, and say it in words that its author can act on."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from river import anomaly, compose, dummy, ensemble, linear_model, naive_bayes, preprocessing

from models.errors import ModelError
from models.scorers.base import Batch, Contributions, Scorer
from models.scorers.checks import check
from models.scorers.halfspace import HalfSpace
from models.scorers.logistic import Logistic
from models.scorers.model import Model
from models.scorers.river import RiverScorer

FEW = ("a", "b", "c")
KEPT = linear_model.LogisticRegression()


class _Forgetful(Logistic):
    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_intercept": 0.0}


class _Counting(Logistic):
    def score_many(self, batch: Batch) -> list[float]:
        self._intercept += 0.001
        return super().score_many(batch)


class _Hoarding(Logistic):
    def __init__(self, inputs: tuple[str, ...], min_labels: int) -> None:
        super().__init__(inputs, min_labels)
        self.kept: list[bytes] = []

    def learn(self, batch: Batch, abuse: Any, weights: Any = None) -> None:
        super().learn(batch, abuse, weights)
        self.kept += [row.tobytes() for row in batch.matrix]


class _Searching(_Hoarding):
    def score_many(self, batch: Batch) -> list[float]:
        found = super().score_many(batch)
        return [score + 0 * sum(len(row) for row in self.kept) for score in found]


class _OnWholeBatches(Logistic):
    def score_many(self, batch: Batch) -> list[float]:
        return [score / (1 + len(batch)) for score in super().score_many(batch)]


class _Doubling(Logistic):
    def score_many(self, batch: Batch) -> list[float]:
        return [2 * score for score in super().score_many(batch)]


class _Unscaled(Scorer):
    """A running sum, which one NaN spoils."""

    def __init__(self, inputs: tuple[str, ...]) -> None:
        self.inputs, self.sum, self.count = inputs, 0.0, 0

    def score_many(self, batch: Batch) -> list[float]:
        return [1 / (1 + math.exp(-math.tanh(row[0] - self.sum))) for row in batch.matrix.tolist()]

    def learn(self, batch: Batch, abuse: Any, weights: Any = None) -> None:
        self.count += len(batch)
        for row in batch.matrix.tolist():
            self.sum += row[0]

    @property
    def ready(self) -> bool:
        return self.count > 0

    @property
    def learned(self) -> int:
        return self.count


class _Boasting(Logistic):
    def contributions(self, batch: Batch) -> list[Contributions]:
        return [Contributions((("a", 1.0), ("b", -2.0)), "") for _ in range(len(batch))]


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda inputs: _Forgetful(inputs, 3), "goes on otherwise after a checkpoint"),
        (lambda inputs: _Counting(inputs, 3), "score_many must not change the model"),
        (lambda inputs: _Hoarding(inputs, 3), "grows without end"),
        (lambda inputs: _Searching(inputs, 3), "gets slower without end"),
        (lambda inputs: _OnWholeBatches(inputs, 3), "a batch scores otherwise than in batches of 1"),
        (lambda inputs: _Doubling(inputs, 3), "a score lies in [0, 1]"),
        (_Unscaled, "once it has learned NaN, infinity and 1e300"),
        (lambda inputs: _Boasting(inputs, 3), "fill in 'how'"),
        (lambda inputs: Logistic((*inputs, "d"), 3), "reads 'd', which 'make' was not given"),
        (lambda _: anomaly.HalfSpaceTrees(n_trees=3), "give the estimator a seed"),
        (lambda _: (lambda vector: vector) | linear_model.LogisticRegression(), "cannot be pickled"),
        (lambda _: linear_model.LinearRegression(), "gives no probabilities"),
        (lambda _: ensemble.VotingClassifier([naive_bayes.GaussianNB(), KEPT]), "gives no probabilities"),
        (lambda _: preprocessing.StandardScaler(), "gives no probabilities"),
        (lambda _: anomaly.GaussianScorer(), "looks for unusual labels"),
        (lambda _: linear_model.LogisticRegression, "is a class: make an estimator of it"),
        (lambda _: compose.Select("a", "z") | linear_model.LogisticRegression(), "KeyError: 'z'"),
        (lambda _: dummy.NoChangeClassifier(), "learns nothing"),
        (lambda _: 1 / 0, "make raises ZeroDivisionError"),
        (lambda _: KEPT, "the same object twice"),
    ],
)
def test_checks_say_in_words_what_is_wrong_with_a_model(made: Callable[[tuple[str, ...]], Any], words: str) -> None:
    assert words in " / ".join(check(Model("login.mine", made), FEW))


def test_what_cannot_be_a_scorer_is_refused_with_words() -> None:
    with pytest.raises(ModelError, match="take a classifier with predict_proba_one"):
        RiverScorer(ensemble.VotingClassifier([naive_bayes.GaussianNB(), KEPT]), FEW, 3)


def test_a_model_that_reads_an_unknown_feature_is_told_so() -> None:
    (wrong,) = check(Model("login.mine", HalfSpace, inputs=("a", "z")), FEW)
    assert "'z'" in wrong


def test_a_good_model_passes_all_checks() -> None:
    model = Model("login.mine", lambda inputs: preprocessing.StandardScaler() | linear_model.LogisticRegression())
    assert check(model, FEW) == []
