"""The linear model of hashed features."""

from __future__ import annotations

import pickle
import random

import numpy as np
import pytest

from models.text.features import Features, features_of
from models.text.linear import Linear, sigmoid
from models.text.packing import pack, unpack
from models.text.seen import Seen
from models.text.strongest import counted, shares, strongest


def features(body: str, headers: str = "") -> Features:
    return next(features_of([(headers, body)]))


def lesson(count: int, seed: int = 1) -> list[tuple[Features, bool]]:
    chance = random.Random(seed)
    words = (["lunch", "notes", "build", "thanks"], ["pills", "winner", "casino", "loan"])
    usual = [f"word{number}" for number in range(200)]
    found = []
    for _ in range(count):
        abuse = chance.random() < 0.4
        body = " ".join([*chance.choices(words[abuse], k=3), *chance.choices(usual, k=20)])
        found.append((features(body), abuse))
    return found


def taught(examples: list[tuple[Features, bool]], weight: float = 1.0) -> Linear:
    model = Linear()
    for found, abuse in examples:
        model.learn(found, abuse, weight)
    return model


def test_it_learns_which_words_are_abuse() -> None:
    model = taught(lesson(300))
    wrong = sum((model.log_odds(found)[0] > 0) != abuse for found, abuse in lesson(200, seed=2))
    assert wrong < 6


def test_labels_of_one_class_say_nothing() -> None:
    model = taught([(found, False) for found, _ in lesson(50)])
    assert model.log_odds(features("pills")) == [0.0]


def test_an_example_without_weight_teaches_nothing() -> None:
    model = taught(lesson(50))
    before = pickle.dumps(model)
    model.learn(features("pills lunch", "From: ada\n"), True, 0.0)
    assert pickle.dumps(model) == before


def test_a_heavier_example_teaches_more() -> None:
    scores = []
    for weight in (0.25, 1.0, 4.0):
        model = taught(lesson(100))
        for _ in range(3):
            model.learn(features("lunch notes offer"), True, weight)
        scores.append(model.log_odds(features("lunch notes offer"))[0])
    assert scores == sorted(scores)
    assert scores[0] < scores[2]


def test_a_label_that_contradicts_it_moves_it_less_where_labels_often_do() -> None:
    slopes = []
    for wrong in (0.0, 0.2):
        chance, model = random.Random(5), Linear()
        for found, abuse in lesson(600):
            model.learn(found, abuse != (chance.random() < wrong), 1.0)
        slopes.append([abs(model.slope(log_odds, abuse=False)) for log_odds in (1.0, 3.0, 6.0)])
    assert all(often < seldom for seldom, often in zip(*slopes, strict=True))
    assert min(slopes[0][1:]) > 0.9


def test_it_learns_although_every_fifth_label_is_wrong() -> None:
    chance, model = random.Random(6), Linear()
    for found, abuse in lesson(800):
        model.learn(found, abuse != (chance.random() < 0.2), 1.0)
    wrong = sum((model.log_odds(found)[0] > 0) != abuse for found, abuse in lesson(200, seed=2))
    assert wrong < 10


def test_a_pair_counts_from_its_second_mail_on() -> None:
    model = Linear()
    found = features("one two")
    first = len(model.find(found).keys)
    model.learn(found, True, 1.0)
    assert len(model.find(found).keys) == first + 1 == len(found.keys)


def test_a_family_is_as_loud_in_a_long_mail_as_in_a_short_one() -> None:
    model = Linear()
    for body in ("one", " ".join(f"w{number}" for number in range(300))):
        found = model.find(features(body))
        word = found.values[(found.keys >> 21) == 5]
        assert float((word * word).sum()) == pytest.approx(2.2**2, rel=1e-5)


def test_the_parts_of_a_mail_add_up_to_its_log_odds() -> None:
    model = taught(lesson(120))
    for found, _ in lesson(20, seed=3):
        assert float(model.parts(model.find(found)).sum()) == pytest.approx(model.log_odds(found)[0], abs=1e-6)


def test_it_goes_on_from_a_checkpoint_to_the_same_bits() -> None:
    model, later = taught(lesson(80)), lesson(80, seed=4)
    restored: Linear = pickle.loads(pickle.dumps(model, protocol=5))
    for found, abuse in later:
        for one in (model, restored):
            one.learn(found, abuse, 0.7)
    assert pickle.dumps(model) == pickle.dumps(restored)
    assert [model.log_odds(found) for found, _ in later] == [restored.log_odds(found) for found, _ in later]


def test_only_what_was_learned_takes_room_in_a_checkpoint() -> None:
    assert len(pickle.dumps(Linear(), protocol=5)) < 140_000
    assert len(pickle.dumps(taught(lesson(10)), protocol=5)) < 700_000


@pytest.mark.parametrize("log_odds", [-1e9, -800.0, -1.0, 0.0, 1.0, 800.0, 1e9])
def test_a_sigmoid_never_overflows(log_odds: float) -> None:
    assert 0 <= sigmoid(log_odds) <= 1
    assert sigmoid(log_odds) == pytest.approx(1 - sigmoid(-log_odds))


def test_tables_are_packed_and_unpacked() -> None:
    tables = (np.zeros(100, np.float32), np.zeros((100, 2), np.uint16))
    tables[0][[3, 99]] = (1.5, -2)
    tables[1][7] = (0, 9)
    empty = tuple(np.zeros_like(table) for table in tables)
    unpack(pack(tables), empty)
    for table, found in zip(tables, empty, strict=True):
        np.testing.assert_array_equal(table, found)


def test_what_was_seen_is_known_until_two_generations_later() -> None:
    seen, first = Seen(), np.array([5, 9])
    seen.add(first)
    assert seen.contains(np.array([5, 6, 9])).tolist() == [True, False, True]
    seen.add(np.arange(10, 10 + 2**19))
    assert seen.contains(first).all()
    restored: Seen = pickle.loads(pickle.dumps(seen))
    assert restored.contains(first).all()
    restored.add(np.arange(2**20, 2**20 + 2**19 + 1))
    assert not restored.contains(first).any()


def test_counts_that_would_not_fit_are_halved_for_both_classes() -> None:
    pairs = np.array([[65_530, 1000], [5, 6]], np.uint16).view(np.uint32).ravel()
    found = counted(pairs, abuse=False, weight=1.0).view(np.uint16).reshape(-1, 2)
    assert found.tolist() == [[32_773, 500], [21, 6]]


@pytest.mark.parametrize("count", [1, 49, 50, 51, 130, 400])
def test_the_shares_of_the_strongest_add_up_to_them(count: int) -> None:
    odds = np.round(np.random.default_rng(count).normal(0, 2, count) * 4).astype(np.float32) / 4
    assert float(shares(odds).sum(dtype=np.float64)) == pytest.approx(strongest(odds), abs=1e-6)
