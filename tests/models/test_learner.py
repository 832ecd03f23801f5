"""Learning from late labels: each input once, by authority, and the same with or without a restart in between."""

from __future__ import annotations

import pickle
from array import array
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.learning import state as state_module
from models.learning.decisions import Decision, Decisions
from models.learning.labels import GivenLabel, LabelResult
from models.learning.learner import ModelLearner
from models.learning.state import TAUGHT_MS, WAITING_MS, decode_state, encode_state
from models.scorers import Batch, HalfSpace, Logistic, Scorer


class Taught(Scorer):
    """A scorer that only remembers what it was taught."""

    inputs = ("a",)

    def __init__(self) -> None:
        self.seen: list[tuple[float, bool | None]] = []

    @property
    def ready(self) -> bool:
        return True

    @property
    def learned(self) -> int:
        return len(self.seen)

    def score_many(self, batch: Batch) -> list[float]:
        return [0.5] * len(batch)

    def learn(self, batch: Batch, abuse: Sequence[bool] | None, weights: Sequence[float] | None = None) -> None:
        values = [float(row[0]) for row in batch.matrix]
        self.seen += zip(values, abuse if abuse is not None else [None] * len(values), strict=True)


class TaughtByVerdicts(Taught):
    learns_from = "verdicts"


def decision(number: int, kind: str = "login", correction: bool = False) -> Decision:
    scores = ("login.logistic",), array("d", [0.5])
    return Decision(f"d{number}", kind, ("a",), array("d", [number]), *scores, correction)


def given_label(label: str = "abuse", by: str = "analyst", time_ms: int = 0) -> GivenLabel:
    return GivenLabel(label, by, time_ms)


def new(learns_from: str = "labels") -> tuple[ModelLearner, list[tuple[float, bool | None]]]:
    scorer = Taught() if learns_from == "labels" else TaughtByVerdicts()
    return ModelLearner("login.logistic", "login", scorer), scorer.seen


def label(
    learner: ModelLearner, offset: int, number: int, given: GivenLabel, known: bool = True, kind: str = "login"
) -> LabelResult:
    result = learner.on_label("L:0", offset, kind, f"d{number}", given, decision(number) if known else None)
    learner.learn()
    return result


def verdict(
    learner: ModelLearner, place: str, offset: int, one: Decision, source: str, source_offset: int
) -> list[tuple[GivenLabel, LabelResult]]:
    results = learner.on_verdict(place, offset, one, source, source_offset)
    learner.learn()
    return results


def test_a_label_teaches_its_decisions_features() -> None:
    learner, seen = new()
    assert label(learner, 0, 1, given_label()) is LabelResult.LEARNED
    assert label(learner, 1, 2, given_label("legit")) is LabelResult.LEARNED
    assert seen == [(1.0, True), (2.0, False)]


def test_an_input_that_is_read_again_teaches_nothing_again() -> None:
    learner, seen = new()
    label(learner, 0, 1, given_label())
    label(learner, 5, 2, given_label())
    assert label(learner, 5, 3, given_label()) is LabelResult.NOT_MINE
    assert label(learner, 0, 4, given_label()) is LabelResult.NOT_MINE
    assert learner.on_label("L:1", 0, "login", "d5", given_label(), decision(5)) is LabelResult.LEARNED
    learner.learn()
    assert [value for value, _ in seen] == [1.0, 2.0, 5.0]
    assert learner.state.positions == {"L:0": 6, "L:1": 1}


def test_a_label_before_its_decision_waits_for_it() -> None:
    learner, seen = new()
    assert label(learner, 0, 1, given_label(), known=False) is LabelResult.WAITING
    assert seen == []
    assert verdict(learner, "V:0", 0, decision(2), "login:0", 0) == []
    assert verdict(learner, "V:0", 1, decision(1), "login:0", 1) == [(given_label(), LabelResult.LEARNED)]
    assert seen == [(1.0, True)]
    assert learner.state.waiting == {}
    assert verdict(learner, "V:0", 2, decision(1), "login:0", 1) == []
    assert seen == [(1.0, True)]


def test_labels_that_waited_are_taken_in_their_order() -> None:
    learner, seen = new()
    user, analyst = given_label("abuse", "user"), given_label("legit", "analyst")
    label(learner, 0, 1, user, known=False)
    label(learner, 1, 1, analyst, known=False)
    results = verdict(learner, "V:0", 0, decision(1), "login:0", 0)
    assert results == [(user, LabelResult.LEARNED), (analyst, LabelResult.LEARNED)]
    assert seen == [(1.0, True), (1.0, False)]


@pytest.mark.parametrize(
    ("first", "second", "result"),
    [
        ("rule", "user", LabelResult.LEARNED),
        ("honeypot", "user", LabelResult.LEARNED),
        ("user", "analyst", LabelResult.LEARNED),
        ("rule", "honeypot", LabelResult.OUTRANKED),
        ("user", "user", LabelResult.OUTRANKED),
        ("analyst", "user", LabelResult.OUTRANKED),
        ("analyst", "analyst", LabelResult.OUTRANKED),
        ("user", "rule", LabelResult.OUTRANKED),
    ],
)
def test_only_a_stronger_label_contradicts(first: str, second: str, result: LabelResult) -> None:
    learner, seen = new()
    label(learner, 0, 1, given_label("abuse", first))
    assert label(learner, 1, 1, given_label("legit", second)) is result
    assert [abuse for _, abuse in seen] == ([True, False] if result is LabelResult.LEARNED else [True])


def test_a_repeated_label_teaches_nothing_and_a_stronger_voice_for_it_counts_from_then_on() -> None:
    learner, seen = new()
    label(learner, 0, 1, given_label("abuse", "rule"))
    assert label(learner, 1, 1, given_label("abuse", "analyst")) is LabelResult.REPEATED
    assert label(learner, 2, 1, given_label("legit", "user")) is LabelResult.OUTRANKED
    assert label(learner, 3, 1, given_label("abuse", "user")) is LabelResult.REPEATED
    assert learner.state.taught["d1"].by == "analyst"
    assert seen == [(1.0, True)]


def test_a_withdrawal_after_learning_changes_no_weights() -> None:
    learner, seen = new()
    label(learner, 0, 1, given_label())
    assert label(learner, 1, 1, given_label("withdrawn")) is LabelResult.WITHDRAWN
    assert seen == [(1.0, True)]
    assert learner.state.taught["d1"].label == "abuse"


def test_after_a_withdrawal_an_equal_says_the_opposite_and_is_heard() -> None:
    learner, seen = new()
    label(learner, 0, 1, given_label())
    assert label(learner, 1, 1, given_label("legit")) is LabelResult.OUTRANKED
    label(learner, 2, 1, given_label("withdrawn"))
    assert label(learner, 3, 1, given_label("legit")) is LabelResult.LEARNED
    assert seen == [(1.0, True), (1.0, False)]
    assert label(learner, 4, 1, given_label("abuse")) is LabelResult.OUTRANKED


def test_a_label_withdrawn_before_its_decision_is_known_teaches_nothing() -> None:
    learner, taught = new()
    learner.on_label("labels", 0, "login", decision(1).id, given_label("abuse", "user"), None)
    learner.on_label("labels", 1, "login", decision(1).id, given_label("legit", "analyst"), None)
    result = learner.on_label("labels", 2, "login", decision(1).id, given_label("withdrawn", "user"), None)
    assert result is LabelResult.WITHDRAWN
    verdict(learner, "verdicts", 0, decision(1), "source", 0)
    assert [abuse for _, abuse in taught] == [False]


def test_a_label_that_comes_ahead_of_verdicts_met_again_after_a_restart_is_learned() -> None:
    learner, taught = new()
    verdict(learner, "verdicts", 0, decision(1), "source", 0)
    result = learner.on_label("labels", 0, "login", decision(1).id, given_label("abuse"), None)
    assert result is LabelResult.WAITING
    assert verdict(learner, "verdicts", 0, decision(1), "source", 0) == [(given_label("abuse"), LabelResult.LEARNED)]
    assert [abuse for _, abuse in taught] == [True]


def test_a_learner_takes_labels_and_verdicts_of_its_kind_only() -> None:
    learner, seen = new()
    assert label(learner, 0, 1, given_label(), kind="mail") is LabelResult.NOT_MINE
    assert verdict(learner, "V:0", 0, decision(1, kind="mail"), "mail:0", 0) == []
    assert seen == []
    assert learner.state.positions == {"L:0": 1, "V:0": 1}
    assert not learner.changed


def test_a_learner_of_verdicts_trains_each_event_once_and_is_taught_by_no_label() -> None:
    learner, seen = new("verdicts")
    assert label(learner, 0, 1, given_label()) is LabelResult.MEASURED
    for offset, (number, source, source_offset) in enumerate(
        [(1, "login:0", 7), (2, "login:1", 3), (1, "login:0", 7), (0, "login:0", 5), (3, "login:0", 8)]
    ):
        verdict(learner, "V:0", offset, decision(number), source, source_offset)
    verdict(learner, "V:0", 4, decision(9), "login:0", 99)
    verdict(learner, "V:1", 0, decision(4), "login:0", 1)
    assert seen == [(1.0, None), (2.0, None), (3.0, None), (4.0, None)]


def test_corrections_never_train() -> None:
    for learns_from in ("labels", "verdicts"):
        learner, seen = new(learns_from)
        label(learner, 0, 1, given_label(), known=False)
        assert verdict(learner, "V:0", 0, decision(1, correction=True), "login:0", 0) == []
        assert seen == []


def test_what_is_skipped_moves_the_position_only() -> None:
    learner, _ = new()
    learner.skip("L:0", 4)
    assert label(learner, 4, 1, given_label()) is LabelResult.NOT_MINE
    assert label(learner, 5, 1, given_label()) is LabelResult.LEARNED


def test_waiting_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_module, "MOST_WAITING", 3)
    learner, _ = new()
    results = [label(learner, number, number, given_label(time_ms=number), known=False) for number in range(4)]
    assert results == [LabelResult.WAITING] * 3 + [LabelResult.DROPPED]
    assert label(learner, 4, 0, given_label("legit"), known=False) is LabelResult.WAITING
    late = given_label(time_ms=WAITING_MS + 2)
    assert label(learner, 5, 5, late, known=False) is LabelResult.WAITING
    assert set(learner.state.waiting) == {"d2", "d5"}


def test_one_decisions_waiting_labels_are_bounded() -> None:
    learner, _ = new()
    results = [label(learner, number, 1, given_label(time_ms=number), known=False) for number in range(1000)]
    assert results == [LabelResult.WAITING] + [LabelResult.REPEATED] * 999
    assert len(learner.state.waiting["d1"]) == 1


def test_waiting_labels_are_forgotten_after_a_week_and_taught_ones_after_thirty_days() -> None:
    learner, _ = new()
    label(learner, 0, 1, given_label(time_ms=0), known=False)
    label(learner, 1, 2, given_label(time_ms=0))
    label(learner, 2, 3, given_label(time_ms=WAITING_MS), known=False)
    learner.state.forget_old()
    assert (set(learner.state.waiting), set(learner.state.taught)) == ({"d1", "d3"}, {"d2"})
    label(learner, 3, 4, given_label(time_ms=WAITING_MS + 1), known=False)
    learner.state.forget_old()
    assert (set(learner.state.waiting), set(learner.state.taught)) == ({"d3", "d4"}, {"d2"})
    label(learner, 4, 5, given_label(time_ms=TAUGHT_MS + 1), known=False)
    learner.state.forget_old()
    assert (set(learner.state.waiting), set(learner.state.taught)) == ({"d5"}, set())


_inputs = st.lists(
    st.tuples(
        st.sampled_from(["verdict", "label"]),
        st.integers(0, 4),
        st.sampled_from(["abuse", "legit", "withdrawn"]),
        st.sampled_from(["rule", "honeypot", "user", "analyst"]),
    ),
    max_size=30,
)
_Input = tuple[str, int, str, str]


def feed(learner: ModelLearner, inputs: list[_Input], start: int, end: int) -> None:
    """Inputs of the log from ``start`` to ``end``; a label knows its decision if the verdict stands before it."""
    for offset in range(start, end):
        what, number, value, by = inputs[offset]
        if what == "verdict":
            verdict(learner, "V:0", offset, decision(number), "login:0", number)
        else:
            known = any(w == "verdict" and n == number for w, n, _, _ in inputs[:offset])
            label(learner, offset, number, given_label(value, by, offset), known=known)


def fresh(name: str) -> Scorer:
    return Logistic(("a",), 1) if name == "login.logistic" else HalfSpace(("a",))


@settings(deadline=None, max_examples=60)
@given(_inputs, st.integers(0, 30), st.integers(0, 30), st.sampled_from(["login.logistic", "login.halfspace"]))
def test_checkpoint_restore_and_continue_with_inputs_read_again_equals_going_on(
    inputs: list[_Input], cut: int, back: int, name: str
) -> None:
    cut = min(cut, len(inputs))
    straight = ModelLearner(name, "login", fresh(name))
    feed(straight, inputs, 0, cut)
    blob, state = pickle.dumps(straight.scorer, protocol=5), encode_state(straight.snapshot())
    feed(straight, inputs, cut, len(inputs))
    restored = ModelLearner(name, "login", pickle.loads(blob), decode_state(state))
    feed(restored, inputs, max(0, cut - back), len(inputs))
    assert restored.snapshot() == straight.snapshot()
    assert restored.scorer.learned == straight.scorer.learned
    assert pickle.dumps(restored.scorer, protocol=5) == pickle.dumps(straight.scorer, protocol=5)


@settings(deadline=None, max_examples=60)
@given(_inputs)
def test_a_decision_is_never_taught_the_same_label_twice_in_a_row_nor_a_weaker_one(inputs: list[_Input]) -> None:
    learner, seen = new()
    feed(learner, inputs, 0, len(inputs))
    for number in range(5):
        taught = [abuse for value, abuse in seen if value == number]
        assert all(one is not other for one, other in pairwise(taught))
        # Three ranks of authority contradict one another at most twice.
        assert len(taught) <= 3


def test_the_decisions_remembered_are_the_newest_and_the_first_of_an_id() -> None:
    decisions = Decisions(most=2)
    for offset, one in enumerate([decision(1), decision(1), decision(2, correction=True), decision(2)]):
        decisions.add(one, "V:0", offset)
    assert decisions.oldest() == {"V:0": 0}
    assert decisions.get("d1") is not None
    decisions.add(decision(3), "V:1", 40)
    assert decisions.get("d1") is None
    assert decisions.oldest() == {"V:0": 3, "V:1": 40}
    decisions.add(decision(4), "V:1", 41)
    assert decisions.oldest() == {"V:1": 40}
