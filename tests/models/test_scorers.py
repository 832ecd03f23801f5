"""One suite for every scorer: its range, that it repeats itself, and that it learns on exactly after a checkpoint."""

from __future__ import annotations

import math
import pickle
import random

import pytest
from support.events import CATALOGUES, KINDS

from models.scorers import Contributing, Features, Scorer, champion_name, fresh_scorers

NAMES = [(kind, name) for kind in KINDS for name in fresh_scorers(kind, 1)]
FEATURES = {kind: CATALOGUES[kind].names for kind in KINDS}


@pytest.fixture(params=NAMES, ids=[name for _, name in NAMES])
def named(request: pytest.FixtureRequest) -> tuple[str, str]:
    return request.param


def fresh(named: tuple[str, str]) -> Scorer:
    return fresh_scorers(named[0], min_labels=3)[named[1]]


def vectors(kind: str, count: int, seed: int = 1) -> list[Features]:
    """Vectors with ordinary, absent and absurd values."""
    rng = random.Random(seed)
    odd = [0, 1, -1, 1e-12, 1e15, 2**53 - 1]
    return [
        {name: rng.choice(odd) if rng.random() < 0.02 else rng.expovariate(0.2) for name in FEATURES[kind]}
        for _ in range(count)
    ]


def teach(scorer: Scorer, examples: list[Features], start: int = 0) -> None:
    for number, vector in enumerate(examples, start):
        scorer.learn(vector, number % 3 == 0 if scorer.learns_from == "labels" else None)


def test_scores_lie_between_0_and_1_before_and_after_learning(named: tuple[str, str]) -> None:
    scorer, examples = fresh(named), vectors(named[0], 60)
    for _ in range(3):
        scores = scorer.score_many(examples)
        assert len(scores) == len(examples)
        assert all(type(score) is float and 0 <= score <= 1 for score in scores)
        teach(scorer, examples)


def test_the_same_examples_give_the_same_scores(named: tuple[str, str]) -> None:
    one, other, examples = fresh(named), fresh(named), vectors(named[0], 80)
    teach(one, examples)
    teach(other, examples)
    assert one.score_many(examples) == other.score_many(examples)


def test_scoring_never_changes_a_scorer(named: tuple[str, str]) -> None:
    scorer, examples = fresh(named), vectors(named[0], 40)
    teach(scorer, examples)
    before = pickle.dumps(scorer)
    scorer.score_many(vectors(named[0], 40, seed=2))
    assert pickle.dumps(scorer) == before


def test_a_batch_is_scored_as_its_vectors_one_by_one(named: tuple[str, str]) -> None:
    scorer, examples = fresh(named), vectors(named[0], 40)
    teach(scorer, examples)
    assert scorer.score_many(examples) == [scorer.score_many([vector])[0] for vector in examples]
    assert scorer.score_many([]) == []


def test_learning_that_goes_on_after_a_checkpoint_is_learning_that_was_never_stopped(named: tuple[str, str]) -> None:
    straight, examples, later = fresh(named), vectors(named[0], 40), vectors(named[0], 40, seed=2)
    teach(straight, examples)
    restored: Scorer = pickle.loads(pickle.dumps(straight, protocol=5))
    assert (restored.learned, restored.ready) == (straight.learned, straight.ready)
    for scorer in (straight, restored):
        teach(scorer, later)
    assert restored.score_many(later) == straight.score_many(later)


def test_learned_counts_the_examples(named: tuple[str, str]) -> None:
    scorer = fresh(named)
    assert (scorer.learned, scorer.ready) == (0, False)
    teach(scorer, vectors(named[0], 7))
    assert scorer.learned == 7


def test_features_that_come_and_go_do_not_stop_it(named: tuple[str, str]) -> None:
    scorer, examples = fresh(named), vectors(named[0], 20)
    teach(scorer, examples)
    (score,) = scorer.score_many([{**dict(list(examples[0].items())[3:]), "new.feature_1h": 5.0}])
    assert 0 <= score <= 1
    assert 0 <= scorer.score_many([{}])[0] <= 1


def test_the_champion_is_one_of_a_kinds_scorers() -> None:
    for kind in KINDS:
        assert champion_name(kind) in fresh_scorers(kind, 1)


def test_logistic_counts_only_after_enough_labels_of_both_classes() -> None:
    scorer = fresh_scorers("login", min_labels=3)["login.logistic"]
    for number in range(20):
        scorer.learn({"a": 1.0}, True)
        assert not scorer.ready
        if number < 2:
            scorer.learn({"a": 0.0}, False)
    scorer.learn({"a": 0.0}, False)
    assert scorer.ready


def test_logistic_learns_which_is_abuse() -> None:
    scorer = fresh_scorers("login", min_labels=3)["login.logistic"]
    rng = random.Random(3)
    for number in range(400):
        scorer.learn({"a": rng.gauss(number % 2, 0.3), "b": rng.random()}, number % 2 == 1)
    abuse, legit = scorer.score_many([{"a": 1.0, "b": 0.5}, {"a": 0.0, "b": 0.5}])
    assert abuse > 0.7 > 0.3 > legit


def test_halfspace_finds_unusual_what_it_has_not_seen() -> None:
    scorer = fresh_scorers("login", min_labels=3)["login.halfspace"]
    rng = random.Random(3)
    usual = [{name: rng.gauss(0.1, 0.02) for name in "abc"} for _ in range(1200)]
    for vector in [dict.fromkeys("abc", 1.0), *usual]:
        scorer.learn(vector, None)
    assert scorer.ready
    odd, common = scorer.score_many([dict.fromkeys("abc", 0.95), dict.fromkeys("abc", 0.1)])
    assert odd > common


def test_what_a_score_is_made_of_adds_up_to_it_and_is_told_by_who_can(named: tuple[str, str]) -> None:
    scorer, examples = fresh(named), vectors(named[0], 60)
    teach(scorer, [{name: min(value, 9.0) for name, value in vector.items()} for vector in examples])
    assert isinstance(scorer, Contributing) is named[1].endswith(".logistic")
    if not isinstance(scorer, Contributing):
        return
    rest = []
    for number in range(5):
        vector = dict.fromkeys(FEATURES[named[0]], float(number))
        parts = scorer.contributions(vector)
        assert {name for name, _ in parts} == set(vector)
        assert [abs(part) for _, part in parts] == sorted((abs(part) for _, part in parts), reverse=True)
        (score,) = scorer.score_many([vector])
        rest.append(math.log(score / (1 - score)) - sum(part for _, part in parts))
    assert rest == pytest.approx([rest[0]] * 5, abs=1e-6)
