"""Logistic and HalfSpace beside the River objects whose arithmetic they repeat: every bit of a score is the same."""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable

import numpy as np
import pytest
from river import anomaly, compose, linear_model, optim, preprocessing
from support.events import CATALOGUES

from models.scorers.base import Batch, Scorer
from models.scorers.checks.examples import ABSURD
from models.scorers.halfspace import HalfSpace
from models.scorers.logistic import Logistic

MAIL, LOGIN = CATALOGUES["mail"].names, CATALOGUES["login"].names
CASES = [(LOGIN, 0.0), (LOGIN, 0.05), (MAIL, 0.0003)]
# Windows of 1,000 end within batches, between them, and in one example alone.
SIZES = (1, 1, 2, 3, 5, 6, 7, 8, 9, 20, 200, 700, 1, 38, 500, 600, 1, 899, 1100, 3)


def logistic() -> compose.Pipeline:
    return preprocessing.StandardScaler() | linear_model.LogisticRegression(optim.SGD(0.02))


def half_space() -> compose.Pipeline:
    return preprocessing.MinMaxScaler() | anomaly.HalfSpaceTrees(n_trees=10, height=8, window_size=1000, seed=1)


def rows(inputs: int, count: int, absurd: float, chance: random.Random) -> list[list[float]]:
    """``absurd``: the part of the values that are so. One input never varies, and one is 0 of either sign."""
    odd = [*ABSURD, -(2.0**53) + 1]
    return [
        [
            *(chance.choice(odd) if chance.random() < absurd else chance.gauss(3, 5) for _ in range(inputs - 2)),
            7.0,
            chance.choice((0.0, -0.0)),
        ]
        for _ in range(count)
    ]


def as_river(names: tuple[str, ...], batch: Batch) -> list[dict[str, float]]:
    return [dict(zip(names, row, strict=True)) for row in batch.matrix.tolist()]


@pytest.mark.parametrize(("names", "absurd"), CASES, ids=["login", "login, absurd", "mail, rarely absurd"])
@pytest.mark.parametrize("weighed", [False, True], ids=["plain", "weighed"])
def test_logistic_scores_as_river_does_to_the_last_bit(names: tuple[str, ...], absurd: float, weighed: bool) -> None:
    chance, theirs = random.Random(7), logistic()
    mine = Logistic(names, 3)
    for size in SIZES:
        batch = Batch.of(names, rows(len(names), size, absurd, chance))
        vectors, abuse = as_river(names, batch), [chance.random() < 0.3 for _ in range(size)]
        assert mine.score_many(batch) == [theirs.predict_proba_one(vector)[True] for vector in vectors]
        weights = [chance.choice((0.0, 0.2, 1.0, 3.7, 40.0)) for _ in range(size)] if weighed else None
        mine.learn(batch, abuse, weights)
        for number, vector in enumerate(vectors):
            theirs.learn_one(vector, abuse[number], **({} if weights is None else {"w": weights[number]}))
        mine = pickle.loads(pickle.dumps(mine, protocol=5))


@pytest.mark.parametrize(("names", "absurd"), CASES, ids=["login", "login, absurd", "mail, rarely absurd"])
def test_half_space_scores_as_river_does_to_the_last_bit(names: tuple[str, ...], absurd: float) -> None:
    chance, theirs = random.Random(8), half_space()
    mine, seen = HalfSpace(names), set[float]()
    for size in SIZES:
        batch = Batch.of(names, rows(len(names), size, absurd, chance))
        vectors = as_river(names, batch)
        scores = mine.score_many(batch)
        assert scores == [theirs.score_one(vector) for vector in vectors]
        seen.update(scores)
        mine.learn(batch, None)
        for vector in vectors:
            theirs.learn_one(vector)
        mine = pickle.loads(pickle.dumps(mine, protocol=5))
    assert len(seen) > 100


@pytest.mark.parametrize(
    "make", [lambda: Logistic(LOGIN, 3), lambda: HalfSpace(LOGIN)], ids=["Logistic", "HalfSpace"]
)
def test_a_batch_of_any_size_and_memory_order_scores_as_its_events_alone(make: Callable[[], Scorer]) -> None:
    chance, scorer = random.Random(9), make()
    batch = Batch.of(LOGIN, rows(len(LOGIN), 1500, 0.001, chance))
    scorer.learn(batch, [chance.random() < 0.5 for _ in range(1500)])
    alone = [scorer.score_many(Batch(LOGIN, batch.matrix[row : row + 1]))[0] for row in range(1500)]
    for size in (*range(1, 40), 63, 64, 65, 127, 200, 1000, 1500):
        assert scorer.score_many(Batch(LOGIN, batch.matrix[:size])) == alone[:size]
    for matrix in (np.asfortranarray(batch.matrix), np.repeat(batch.matrix, 2, axis=0)[::2]):
        assert scorer.score_many(Batch(LOGIN, matrix)) == alone


def test_what_is_scored_and_learned_is_never_written_to() -> None:
    for names in (("a",), ("a", "b"), LOGIN):
        matrix = np.asfortranarray(
            rows(len(names), 300, 0.01, random.Random(10)) if len(names) > 2 else np.ones((300, len(names)))
        )
        before = matrix.copy()
        for scorer in (Logistic(names, 3), HalfSpace(names)):
            scorer.learn(Batch(names, matrix), [False, True] * 150)
            scorer.learn(Batch(names, np.repeat(matrix, 4, axis=0)), [False, True] * 600)
            scorer.score_many(Batch(names, matrix))
        assert (matrix == before).all()
