"""Folding against a model that keeps every verdict: whatever is repeated, corrected, reordered or too much."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from models.actions import ACTIONS, RANK
from streams.enforcement.fold import Result, State
from streams.enforcement.record import MOST_DECISIONS, Enforced, in_order, strongest
from streams.enforcement.verdict import Decided, Origin

TARGET = "account=ada"
HINDERING = [action for action in ACTIONS if RANK[action] > RANK["review"]]
Take = tuple[Decided, Origin | None]


def decided(
    name: str, action: str, expires_ms: int | None = None, corrects: str | None = None, kind: str = "login"
) -> Decided:
    decision, correction = (name, None) if corrects is None else (corrects, name)
    enforced = Enforced(decision, kind, action, expires_ms, correction) if RANK[action] > 1 else None  # type: ignore[arg-type]
    return Decided(name, TARGET, corrects, enforced)


def fold(takes: list[Take], state: State | None = None) -> State:
    state = State() if state is None else state
    for verdict, origin in takes:
        state.take(verdict, origin, append_ms=0)
    return state


def reborn(state: State) -> State:
    """What the next enforcer knows: the newest record of every key."""
    other = State()
    for key, value in state.changes():
        assert other.load(key, value)
    return other


actions = st.sampled_from(ACTIONS)
expiries = st.one_of(st.none(), st.integers(1, 50))


@st.composite
def histories(draw: st.DrawFn, most: int) -> list[list[Take]]:
    """By decision: its verdict, as often as it is delivered, and its corrections behind it, in the log's order."""
    found = []
    for number in range(draw(st.integers(1, most))):
        origin = Origin(f"p<s{number % 3}", number)
        verdict = decided(f"d{number}", draw(actions), draw(expiries), kind=draw(st.sampled_from("ab")))
        corrections: list[Take] = [
            (decided(f"c{number}.{nth}", draw(actions), draw(expiries), corrects=f"d{number}"), None)
            for nth in range(draw(st.integers(0, 2)))
        ]
        found.append([(verdict, origin), *corrections])
    return found


def in_force(history: list[list[Take]]) -> tuple[Enforced, ...]:
    """The model: of each decision its last correction counts, or its verdict."""
    last = (takes[-1][0].enforced for takes in history)
    return in_order(one for one in last if one is not None)


def shuffled(history: list[list[Take]], rng: random.Random) -> list[Take]:
    """Decisions in the order of their offsets, corrections anywhere behind; then everything repeated anywhere."""
    takes = [takes[0] for takes in history]
    for first, *corrections in history:
        at = takes.index(first)
        for correction in corrections:
            at = rng.randint(at + 1, len(takes))
            takes.insert(at, correction)
    for take in [rng.choice(takes) for _ in range(rng.randrange(20))]:
        takes.insert(rng.randint(takes.index(take) + 1, len(takes)), take)
    return takes


@given(histories(most=12), st.randoms(use_true_random=False))
def test_what_holds_is_the_last_word_on_every_decision_however_often_anything_is_repeated(
    history: list[list[Take]], rng: random.Random
) -> None:
    state = fold(shuffled(history, rng))
    assert state.targets.get(TARGET, ()) == in_force(history)


@given(histories(most=12), st.randoms(use_true_random=False), st.integers(0, 60))
def test_a_new_enforcer_goes_on_from_the_records_as_if_it_were_the_old_one(
    history: list[list[Take]], rng: random.Random, at: int
) -> None:
    takes = shuffled(history, rng)
    whole = fold(takes)
    parts = fold(takes[at:], reborn(fold(takes[:at])))
    assert parts.targets == whole.targets
    # Reading again what was taken before changes nothing.
    assert fold(takes, reborn(whole)).targets == whole.targets


@given(histories(most=12), st.randoms(use_true_random=False))
def test_a_correction_that_is_met_before_its_decision_counts_all_the_same(
    history: list[list[Take]], rng: random.Random
) -> None:
    single = [[takes[0], *takes[1:2]] for takes in history]
    corrections = [takes[1] for takes in single if len(takes) > 1]
    rng.shuffle(corrections)
    state = fold(corrections + [takes[0] for takes in single])
    assert state.targets.get(TARGET, ()) == in_force(single)


@settings(max_examples=200)
@given(
    st.lists(st.tuples(st.sampled_from(HINDERING), expiries, st.sampled_from("ab")), min_size=17, max_size=60),
    st.randoms(use_true_random=False),
)
def test_too_many_decisions_leave_what_counts_as_it_was_at_any_time_and_in_any_order(
    given_: list[tuple[str, int | None, str]], rng: random.Random
) -> None:
    takes: list[Take] = [
        (decided(f"d{n:02}", action, expires_ms, kind=kind), None)
        for n, (action, expires_ms, kind) in enumerate(given_)
    ]
    kept = fold(takes).targets[TARGET]
    assert len(kept) == MOST_DECISIONS
    every = in_order(take.enforced for take, _ in takes if take.enforced is not None)
    for now_ms in range(60):
        counts, expected = strongest(kept, now_ms), strongest(every, now_ms)
        assert (counts is None) == (expected is None)
        assert counts is None or expected is None or counts.action == expected.action
        assert counts is None or expected is None or counts.until_ms == expected.until_ms
    for crowd in {(one.kind, one.action) for one in every}:
        longest = next(one for one in every if (one.kind, one.action) == crowd)
        assert longest in kept
    rng.shuffle(takes)
    assert fold(takes).targets[TARGET] == kept


def test_a_repeated_verdict_does_not_bring_back_what_was_corrected() -> None:
    verdict = (decided("d", "block"), Origin("p<s", 7))
    state = fold([verdict, (decided("c", "allow", corrects="d"), None)])
    assert state.targets == {}
    for origin in (Origin("p<s", 7), Origin("p<s", 8), Origin("q<s", 7), None):
        for later in (state, reborn(state)):
            assert later.take(decided("d", "block"), origin, 0) in (Result.REPEATED, Result.CORRECTED)
            assert later.targets == {}


def test_the_first_verdict_of_an_event_counts_even_if_it_was_judged_otherwise_afterwards() -> None:
    state = fold([(decided("d", "allow"), Origin("p<s", 7))])
    assert state.take(decided("d", "block"), Origin("p<s", 7), 0) is Result.REPEATED
    assert reborn(state).take(decided("d", "block"), Origin("p<s", 7), 0) is Result.REPEATED
    assert state.targets == {}


def test_a_later_correction_takes_the_place_of_an_earlier_one_and_a_repeated_earlier_one_does_not() -> None:
    first, second = decided("c1", "challenge", corrects="d"), decided("c2", "allow", corrects="d")
    state = fold([(decided("d", "block"), None), (first, None)])
    assert [(one.decision, one.action, one.correction) for one in state.targets[TARGET]] == [("d", "challenge", "c1")]
    state = fold([(second, None)], reborn(state))
    assert state.targets == {}
    assert state.take(first, None, 0) is Result.REPEATED
    assert reborn(state).take(first, None, 0) is Result.REPEATED
    assert state.targets == {}


def test_an_earlier_correction_that_is_met_later_in_another_partition_does_not_count() -> None:
    state = State()
    state.take(decided("c2", "allow", corrects="d"), None, append_ms=20)
    state.take(decided("c1", "block", corrects="d"), None, append_ms=10)
    assert state.targets == {}


def test_only_actions_above_review_are_enforced_and_a_milder_verdict_lifts_nothing() -> None:
    takes: list[Take] = [(decided(action, action), None) for action in ACTIONS]
    state = fold([*takes, (decided("last", "allow"), None)])
    assert [one.action for one in state.targets[TARGET]] == ["block", "quarantine", "throttle", "challenge"]


def test_what_has_expired_when_it_is_appended_is_not_enforced_and_makes_room_first() -> None:
    state = State()
    assert state.take(decided("d", "block", 10), None, append_ms=10) is Result.EXPIRED
    for number in range(MOST_DECISIONS):
        state.take(decided(f"d{number}", "block", 20), None, append_ms=10)
    state.take(decided("weak", "challenge", 30), None, append_ms=20)
    assert [one.decision for one in state.targets[TARGET]] == ["weak"]


def test_a_target_is_let_go_when_its_last_decision_has_expired_and_not_before() -> None:
    state = State()
    for name in range(50):
        verdict = Decided(f"d{name}", f"ip={name}", None, Enforced(f"d{name}", "login", "block", 100 + name))
        state.take(verdict, None, 0)
    state.take(decided("d", "block"), None, 0)
    state.written()
    for _ in range(20):
        state.sweep(now_ms=124, most=7)
    assert sorted(state.targets) == sorted([TARGET, *(f"ip={name}" for name in range(25, 50))])
    assert sorted(state.changes()) == sorted((f"ip={name}", None) for name in range(25))
    for _ in range(20):
        state.sweep(now_ms=10**15, most=7)
    assert list(state.targets) == [TARGET]


def test_positions_and_corrections_are_forgotten_when_nothing_can_come_of_them() -> None:
    state = State()
    state.take(decided("d", "block"), Origin("p<s", 7), 10)
    state.take(decided("c", "allow", corrects="d"), None, 20)
    state.written()
    state.forget(before_ms=20)
    assert state.changes() == [(".source/p<s", None)]
    state.forget(before_ms=21)
    assert (".corrected/d", None) in state.changes()
    assert reborn(state).take(decided("d", "block"), Origin("p<s", 7), 30) is Result.ENFORCED


def test_positions_alone_are_not_urgent() -> None:
    state = State()
    state.take(decided("d", "allow"), Origin("p<s", 7), 0)
    assert state.changes()
    assert not state.urgent
    state.take(decided("e", "block"), Origin("p<s", 8), 0)
    assert state.urgent
    state.written()
    assert state.changes() == []
    assert not state.urgent


def test_reading_goes_on_behind_what_was_taken() -> None:
    state = State()
    assert state.next_offset("verdicts:1") == 0
    state.passed("verdicts:1", 7, 10)
    state.passed("verdicts:2", 0, 10)
    state.passed("verdicts:1", 8, 10)
    assert not state.urgent
    other = reborn(state)
    assert [other.next_offset(f"verdicts:{number}") for number in (0, 1, 2)] == [0, 9, 1]
    state.forget(before_ms=11)
    assert dict(state.changes()) == {".read/verdicts:1": None, ".read/verdicts:2": None}


def test_a_record_that_no_enforcer_writes_is_passed_over() -> None:
    state = State()
    for key, value in [
        (TARGET, b"{}"),
        (TARGET, b"\xff"),
        (".source/x", b"[]"),
        (".corrected/x", b""),
        (".new/x", b"1"),
    ]:
        assert not state.load(key, value)
    assert state.changes() == []
    assert state.targets == {}
