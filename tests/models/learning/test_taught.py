"""What a model makes of its labels: in lessons of any length, capped, without a text, of other features, faulty."""

from __future__ import annotations

import pickle
import random
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.drift import Watch
from models.learning.decisions import Decision
from models.learning.labellers import MOST_A_DAY
from models.learning.labels import GivenLabel, LabelResult
from models.learning.learner import ModelLearner
from models.learning.state import decode_state, encode_state
from models.scorers import Batch, HalfSpace, Logistic, Scorer, Text
from models.scorers.stack import StackScorer

NAMES = ("a", "b")


class Pupil(Scorer):
    """Remembers what it was taught; raises when it is told to."""

    def __init__(self, inputs: tuple[str, ...] = ("a",), stacks: tuple[str, ...] = ()) -> None:
        self.inputs, self.stacks = inputs, stacks
        self.lessons: list[Batch] = []
        self.weights: list[float] = []
        self.broken = False

    @property
    def ready(self) -> bool:
        return True

    @property
    def learned(self) -> int:
        return sum(map(len, self.lessons))

    def score_many(self, batch: Batch) -> list[float]:
        return [0.5] * len(batch)

    def learn(self, batch: Batch, abuse: Sequence[bool] | None, weights: Sequence[float] | None = None) -> None:
        if self.broken:
            raise ValueError("no")
        self.lessons.append(batch)
        self.weights += weights or []


class Reader(Pupil):
    reads_text = True


def decision(number: int, names: tuple[str, ...] = NAMES, **about: object) -> Decision:
    rng = random.Random(number)
    values = array("d", (rng.random() for _ in names))
    one = Decision(f"d{number}", "mail", names, values, ("mail.logistic", "mail.text"), array("d", (0.25, 0.75)))
    return replace(one, **about)  # type: ignore[arg-type]


def label(value: str = "abuse", by: str = "analyst", labeller: str = "ann", time_ms: int = 1000) -> GivenLabel:
    return GivenLabel(value, by, time_ms, labeller)


class Given:
    """A learner, and labels for it one after the other."""

    def __init__(self, scorer: Scorer, name: str = "mail.mine") -> None:
        self.learner = ModelLearner(name, "mail", scorer)
        self._offset = 0

    def __call__(self, given: GivenLabel, about: Decision | int) -> LabelResult:
        one = about if isinstance(about, Decision) else None
        name = about.id if isinstance(about, Decision) else f"d{about}"
        self._offset += 1
        return self.learner.on_label("L:0", self._offset - 1, "mail", name, given, one)


def made(name: str) -> Scorer:
    scorers: Mapping[str, Scorer] = {
        "logistic": Logistic(NAMES, 1),
        "halfspace": HalfSpace(NAMES),
        "stack": StackScorer(("mail.logistic", "mail.text"), 1),
    }
    return scorers[name]


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["logistic", "halfspace", "stack"]),
    st.lists(
        st.tuples(st.booleans(), st.integers(0, 9), st.sampled_from(["abuse", "legit", "withdrawn"])), max_size=60
    ),
    st.sets(st.integers(0, 60)),
)
def test_lessons_of_any_length_teach_the_same_as_one_by_one(
    name: str, inputs: list[tuple[bool, int, str]], pauses: set[int]
) -> None:
    learners = [ModelLearner("mail.logistic", "mail", made(name)) for _ in range(2)]
    for one, often in zip(learners, (True, False), strict=True):
        for offset, (is_verdict, number, value) in enumerate(inputs):
            if is_verdict:
                one.on_verdict("V:0", offset, decision(number, time_ms=number), "mail:0", offset)
            else:
                known = decision(number) if number % 3 else None
                one.on_label("L:0", offset, "mail", f"d{number}", label(value, time_ms=offset), known)
            if often or offset in pauses:
                one.learn()
        one.learn()
    first, second = learners
    assert first.snapshot() == second.snapshot()
    assert first.scorer.learned == second.scorer.learned
    assert normal(first.scorer) == normal(second.scorer)


def normal(scorer: Scorer) -> bytes:
    return pickle.dumps(pickle.loads(pickle.dumps(scorer)))


def test_a_flood_of_one_labeller_is_cut_and_who_is_stronger_confirms() -> None:
    give = Given(Pupil())
    most = MOST_A_DAY["user"]
    results = [give(label(by="user", labeller="mallory"), decision(number)) for number in range(most + 30)]
    assert results == [LabelResult.LEARNED] * most + [LabelResult.CAPPED] * 30
    assert give(label(by="user", labeller="alice"), decision(most)) is LabelResult.LEARNED
    assert give(label(by="analyst"), decision(most + 1)) is LabelResult.LEARNED
    assert give(label(by="user", labeller="mallory"), 4711) is LabelResult.CAPPED
    assert give.learner.state.waiting == {}


def test_saying_it_again_uses_nothing_of_a_share_and_gains_nothing() -> None:
    give = Given(Pupil())
    assert give(label(by="user"), decision(0)) is LabelResult.LEARNED
    assert {give(label(by="user"), decision(0)) for _ in range(500)} == {LabelResult.REPEATED}
    assert give(label(by="user"), 77) is LabelResult.WAITING
    assert {give(label(by="user"), 77) for _ in range(500)} == {LabelResult.REPEATED}
    assert sum(give.learner.state.labellers.taken.values()) == 2


def test_a_label_that_waited_was_counted_when_it_came() -> None:
    give = Given(Pupil())
    for number in range(MOST_A_DAY["user"]):
        give(label(by="user"), number)
    assert give(label(by="user"), decision(1000)) is LabelResult.CAPPED
    assert give.learner.found(decision(3)) == [(GivenLabel("abuse", "user", 1000), LabelResult.LEARNED)]


def test_who_labelled_is_not_in_the_state() -> None:
    give = Given(Pupil())
    give(label(labeller="ann@example.com"), decision(0))
    give(label(labeller="ann@example.com"), 1)
    assert b"ann" not in repr(give.learner.snapshot()).encode()


def test_a_decision_of_other_features_teaches_whoever_finds_his_inputs_in_it() -> None:
    pupil = Pupil(("b",))
    give = Given(pupil)
    assert give(label(), decision(0, ("x", "b", "y"))) is LabelResult.LEARNED
    assert give(label(), decision(1, ("a", "x"))) is LabelResult.OTHER_FEATURES
    assert give(label("legit"), decision(2, ("b",))) is LabelResult.LEARNED
    give.learner.learn()
    (lesson,) = pupil.lessons
    values = [decision(0, ("x", "b", "y")).values[1], decision(2, ("b",)).values[0]]
    assert lesson.names == ("b",)
    assert lesson.matrix.tolist() == [[value] for value in values]


def test_a_text_that_is_gone_is_said_and_the_others_are_learned() -> None:
    reader = Reader(())
    give = Given(reader)
    for number in range(3):
        assert give(label(time_ms=number), decision(number)) is LabelResult.LEARNED
    assert [one.id for one in give.learner.wanted_texts()] == ["d0", "d1", "d2"]
    results = give.learner.learn({"d0": Text("", "hello"), "d2": None})
    assert results == [(label(time_ms=1), LabelResult.NO_TEXT)]
    assert reader.lessons[0].texts == [Text("", "hello"), None]
    assert give.learner.wanted_texts() == []


def test_a_stack_learns_from_the_scores_of_then_and_knows_whose() -> None:
    pupil = Pupil((), ("mail.text", "mail.new"))
    give = Given(pupil)
    give(label(), decision(0, versions=("v1", "v2")))
    give.learner.learn()
    scores = pupil.lessons[0].scores
    assert scores["mail.text"].tolist() == [0.75]
    assert np.isnan(scores["mail.new"]).tolist() == [True]
    assert give.learner.state.stacked["mail.text"] == "v2"


def test_a_stack_names_the_versions_that_score_beside_it_now_however_old_what_it_learns_is() -> None:
    give = Given(Pupil((), ("mail.text", "mail.new")))
    give.learner.on_verdict("V:0", 0, decision(1, versions=("v8", "v9")), "mail:0", 0)
    give(label(), decision(0, versions=("v1", "v2")))
    give.learner.learn()
    assert give.learner.state.stacked == {"mail.text": "v9", "mail.new": ""}


def test_a_model_that_raises_does_without_that_lesson_and_counts_its_faults() -> None:
    pupil = Pupil()
    give = Given(pupil)
    pupil.broken = True
    for number in range(2):
        give(label(time_ms=number), decision(number))
        assert give.learner.learn() == [(label(time_ms=number), LabelResult.FAULT)]
    assert give.learner.faults == 2
    assert isinstance(give.learner.fault, ValueError)
    assert give.learner.state.positions == {"L:0": 2}
    pupil.broken = False
    give(label(), decision(5))
    assert give.learner.learn() == []
    assert (give.learner.faults, pupil.learned) == (0, 1)


def test_who_is_left_out_is_taught_nothing_and_moves_on() -> None:
    reader = Reader(())
    give = Given(reader)
    give.learner.left_out = True
    give(label(), decision(0))
    assert give.learner.wanted_texts() == []
    assert give.learner.learn() == [(label(), LabelResult.FAULT)]
    assert reader.lessons == []


def test_what_a_model_said_is_measured_once_a_decision_by_what_is_held_for_true() -> None:
    give = Given(Pupil(), "mail.text")
    performance = give.learner.performance
    give(label("abuse", "user"), decision(0))
    assert (performance.figures().abuse, performance.figures().legit) == (1, 0)
    give(label("legit", "analyst"), decision(0))
    assert (performance.figures().abuse, performance.figures().legit) == (0, 1)
    give(label("withdrawn", "user"), decision(0))
    assert (performance.figures().abuse, performance.figures().legit) == (0, 1)
    give(label("withdrawn", "analyst"), decision(0))
    assert (performance.figures().abuse, performance.figures().legit) == (0, 0)
    assert give(label("legit", "analyst"), decision(0)) is LabelResult.REPEATED
    assert (performance.figures().abuse, performance.figures().legit) == (0, 1)


def test_a_model_that_learns_from_verdicts_is_measured_by_labels() -> None:
    give = Given(HalfSpace(NAMES), "mail.text")
    assert give(label(), decision(0)) is LabelResult.MEASURED
    assert give.learner.performance.figures().abuse == 1
    assert give.learner.scorer.learned == 0


def test_a_challenger_is_measured_beside_the_champion_of_now() -> None:
    give = Given(Pupil(), "mail.text")
    for number in range(40):
        now = decision(number, champion="mail.logistic", calibrated=0.4)
        give.learner.on_verdict("V:0", number, now, "mail:0", number)
        give(label("abuse" if number % 2 else "legit"), now)
    give(label(), decision(100, champion="mail.old", calibrated=0.9))
    beside = give.learner.performance.figures().beside
    assert beside is not None
    assert (beside.champion, beside.abuse, beside.legit) == ("mail.logistic", 20, 20)


@pytest.mark.parametrize("name", ["logistic", "halfspace"])
def test_the_watch_over_drift_goes_on_where_the_checkpoint_left_it(name: str) -> None:
    straight = ModelLearner("mail.logistic", "mail", made(name))
    watch = straight.keep_watch(NAMES)

    def feed(learner: ModelLearner, start: int, end: int) -> None:
        for number in range(start, end):
            one = decision(number, time_ms=number * 60_000, action="allow")
            learner.on_verdict("V:0", number, one, "mail:0", number)
            learner.on_label("L:0", number, "mail", one.id, label(time_ms=number * 60_000), one)
            learner.learn()

    feed(straight, 0, 150)
    restored = ModelLearner("mail.logistic", "mail", straight.scorer, decode_state(encode_state(straight.snapshot())))
    again = restored.keep_watch(NAMES)
    for learner in (straight, restored):
        feed(learner, 100, 300)
    first, second = (Watch.decode("mail", NAMES, one.encode()).encode() for one in (watch, again))
    assert first == second
    assert again.now_ms == 299 * 60_000
