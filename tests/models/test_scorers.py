"""One suite for every scorer: those that ship, and River estimators that a data scientist might bring."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from river import anomaly, linear_model, naive_bayes, preprocessing, tree
from support.events import CATALOGUES

from models.scorers.base import Batch, Scorer
from models.scorers.checks import CHECKS, Trial, run
from models.scorers.checks.examples import examples_for
from models.scorers.checks.trial import teach
from models.scorers.forest import Forest
from models.scorers.halfspace import WINDOW, HalfSpace
from models.scorers.logistic import Logistic
from models.scorers.river import RiverScorer
from models.scorers.stack import StackScorer
from models.scorers.text import TextScorer

INPUTS = CATALOGUES["mail"].names
FEW = ("a", "b", "c")
KEPT = linear_model.LogisticRegression()


def river(estimator: Callable[[], Any]) -> Callable[[], Scorer]:
    return lambda: RiverScorer(estimator(), INPUTS, 3)


SCORERS: dict[str, Callable[[], Scorer]] = {
    "Logistic": lambda: Logistic(INPUTS, 3),
    "HalfSpace": lambda: HalfSpace(INPUTS),
    "Forest": lambda: Forest(FEW, 3),
    "StackScorer": lambda: StackScorer(("mail.logistic", "mail.text"), 3),
    "TextScorer": lambda: TextScorer(3),
    "River's pipeline": river(lambda: preprocessing.StandardScaler() | linear_model.LogisticRegression()),
    "River's tree": river(lambda: tree.HoeffdingTreeClassifier(max_depth=6)),
    "River's naive Bayes": river(naive_bayes.GaussianNB),
    "River's half-space trees": river(lambda: preprocessing.MinMaxScaler() | anomaly.HalfSpaceTrees(seed=1)),
    "River's adaptive tree": river(lambda: tree.HoeffdingAdaptiveTreeClassifier(max_depth=3, seed=1)),
    "River's filter": river(lambda: anomaly.QuantileFilter(anomaly.HalfSpaceTrees(seed=1), q=0.95)),
    "River's filtered pipeline": river(
        lambda: (
            preprocessing.MinMaxScaler()
            | anomaly.QuantileFilter(anomaly.HalfSpaceTrees(seed=1), q=0.95)
            | linear_model.LogisticRegression()
        )
    ),
    "River's one-class machine": river(lambda: preprocessing.StandardScaler() | anomaly.OneClassSVM()),
}
EXACT = ("Logistic", "StackScorer")


@pytest.fixture(params=SCORERS, ids=str)
def make(request: pytest.FixtureRequest) -> Callable[[], Scorer]:
    return SCORERS[request.param]


@pytest.mark.parametrize("one", CHECKS, ids=lambda one: one.__name__)
def test_every_scorer_keeps_to(one: Callable[[Trial], Iterator[str]], make: Callable[[], Scorer]) -> None:
    assert run(one, Trial(make)) == []


@pytest.mark.parametrize("name", ["Logistic", "HalfSpace", "StackScorer"])
def test_equal_models_have_equal_pickles_whatever_checkpoints_they_went_through(name: str) -> None:
    trial = Trial(SCORERS[name])
    lessons = [trial.examples(seed) for seed in range(3)]
    straight, restored = trial.taught(*lessons), trial.make()
    for lesson in lessons:
        teach(restored, lesson)
        restored = pickle.loads(pickle.dumps(restored, protocol=5))
    assert pickle.dumps(restored, protocol=5) == pickle.dumps(straight, protocol=5)


@pytest.mark.parametrize("name", EXACT)
def test_exact_contributions_add_up_to_the_log_odds(name: str) -> None:
    trial = Trial(SCORERS[name])
    scorer, asked = trial.taught(trial.examples(1)), trial.examples(2)
    rest = []
    for score, told in zip(scorer.score_many(asked.batch), scorer.contributions(asked.batch) or (), strict=True):
        assert told.how.startswith("exact")
        if 1e-9 < score < 1 - 1e-9:
            rest.append(math.log(score / (1 - score)) - sum(part for _, part in told.parts))
    assert len(rest) > 200
    assert rest == pytest.approx([rest[0]] * len(rest), abs=1e-5)


def test_contributions_of_half_space_trees_and_a_usual_score_add_up_to_the_score() -> None:
    trial = Trial(SCORERS["HalfSpace"])
    scorer, asked = trial.taught(trial.examples(1)), trial.examples(2)
    told = scorer.contributions(asked.batch) or []
    rest = [
        score - sum(part for _, part in one.parts)
        for score, one in zip(scorer.score_many(asked.batch), told, strict=True)
    ]
    assert max(rest) - min(rest) < 1e-9 < max(rest)
    assert told[0].how.startswith("approximation")


def test_half_space_trees_name_the_input_that_is_unusual() -> None:
    scorer, chance = HalfSpace(FEW), np.random.default_rng(1)
    usual = chance.normal(0.1, 0.02, (WINDOW + 200, 3))
    usual[0] = 1.0
    scorer.learn(Batch(FEW, usual), None)
    assert scorer.ready
    odd = Batch.of(FEW, [[0.1, 0.95, 0.1], [0.1, 0.1, 0.1]])
    unusual, common = scorer.score_many(odd)
    assert unusual > common
    told, _ = scorer.contributions(odd) or ()
    assert told.parts[0][0] == "b"
    assert told.parts[0][1] > 0


def test_a_river_classifiers_contributions_are_those_of_the_linear_model_in_it() -> None:
    chance = np.random.default_rng(2)
    matrix, abuse = chance.normal(5, 2, (400, 3)), [bool(one) for one in chance.random(400) < 0.3]
    matrix[:, 1] += 2 * np.array(abuse)
    mine = Logistic(FEW, 3)
    theirs = RiverScorer(preprocessing.StandardScaler() | linear_model.LogisticRegression(), FEW, 3)
    for scorer in (mine, theirs):
        scorer.learn(Batch(FEW, matrix), abuse)
    asked = Batch.of(FEW, [[5.0, 9.0, 4.0]])
    told = (theirs.contributions(asked) or [])[0]
    weights = theirs.estimator["LogisticRegression"].weights
    scaled = theirs.estimator["StandardScaler"].transform_one(dict(zip(FEW, asked.matrix[0].tolist(), strict=True)))
    assert dict(told.parts) == pytest.approx({name: weights[name] * scaled[name] for name in FEW}, abs=1e-9)
    assert told.parts[0][0] == (mine.contributions(asked) or [])[0].parts[0][0] == "b"


@pytest.mark.parametrize("name", ["Logistic", "StackScorer", "TextScorer", "River's pipeline"])
def test_what_learns_from_labels_counts_only_after_enough_of_both_classes(name: str) -> None:
    scorer = SCORERS[name]()
    examples = examples_for(scorer, 400, 1)
    abuse = [one for one in examples.one_by_one() if one.abuse[0] and (not one.batch.texts or one.batch.texts[0])]
    legit = [one for one in examples.one_by_one() if not one.abuse[0] and (not one.batch.texts or one.batch.texts[0])]
    for lesson in (*abuse[:20], *legit[:2]):
        teach(scorer, lesson)
        assert not scorer.ready
    teach(scorer, legit[2])
    assert scorer.ready


def test_a_stack_that_has_not_learned_is_the_mean_of_what_its_models_say() -> None:
    scorer = StackScorer(("one", "other"), 3)
    scores = {"one": np.array([0.9, 0.9, 0.8]), "other": np.array([0.9, 0.1, np.nan])}
    both, contrary, half = scorer.score_many(Batch((), np.empty((3, 0)), scores=scores))
    assert (both, contrary) == (pytest.approx(0.9), pytest.approx(0.5))
    assert half == pytest.approx(1 / (1 + math.exp(-math.log(4) / 2)))


def test_a_stack_of_which_every_model_failed_has_no_score_and_learns_nothing() -> None:
    scorer = StackScorer(("one", "other"), 3)
    batch = Batch((), np.empty((2, 0)), scores={"one": np.array([np.nan, 0.7])})
    nothing, something = scorer.score_many(batch)
    assert math.isnan(nothing)
    assert something > 0.5
    scorer.learn(batch, [True, True])
    assert scorer.learned == 1


def test_a_stack_leaves_out_a_model_that_says_the_contrary_and_never_turns_it_round() -> None:
    scorer, chance = StackScorer(("good", "bad"), 3), np.random.default_rng(3)
    abuse = chance.random(3000) < 0.4
    good = 1 / (1 + np.exp(-chance.normal(np.where(abuse, 2.0, -2.0), 1.0)))
    bad = 1 / (1 + np.exp(chance.normal(np.where(abuse, 2.0, -2.0), 1.0)))
    scorer.learn(Batch((), np.empty((3000, 0)), scores={"good": good, "bad": bad}), [bool(one) for one in abuse])
    grid = np.linspace(0.001, 0.999, 40)
    for other in (0.01, 0.5, 0.99):
        for rising in ("good", "bad"):
            said = {"good": np.full(40, other), "bad": np.full(40, other), rising: grid}
            scores = scorer.score_many(Batch((), np.empty((40, 0)), scores=said))
            assert scores == sorted(scores)
    told = (scorer.contributions(Batch((), np.empty((1, 0)), scores={"good": grid[-1:], "bad": grid[:1]})) or [])[0]
    assert told.parts[0][0] == "good"
    assert abs(dict(told.parts)["bad"]) < 0.05 * abs(dict(told.parts)["good"])


def test_a_river_model_has_a_score_before_it_has_learned_and_a_later_nan_stays_one() -> None:
    scorer = RiverScorer(preprocessing.MinMaxScaler() | linear_model.LogisticRegression(), FEW, 3)
    asked = Batch.of(FEW, [[1.0, 2.0, 3.0]])
    assert scorer.score_many(asked) == [0.5]
    scorer.learn(asked, [True])
    scorer.estimator["LogisticRegression"].intercept = math.nan
    assert math.isnan(scorer.score_many(asked)[0])


def test_a_heavy_label_is_learned_more_often_by_an_estimator_that_takes_no_weights() -> None:
    def probability(weight: float) -> float:
        scorer = RiverScorer(naive_bayes.GaussianNB(), FEW, 3)
        scorer.learn(
            Batch.of(FEW, [[0, 0, 0], [1, 2, 0], [0, 1, 1]] * 4), [False, True, False] * 4, [1, weight, 1] * 4
        )
        return scorer.score_many(Batch.of(FEW, [[0.4, 1, 0.5]]))[0]

    assert probability(0.5) < probability(1) < probability(2.5) < probability(8)
