"""A model that fails or takes too long: it is left out, let in again, or its last good version takes its place."""

from __future__ import annotations

from typing import Any

import pytest
from support.events import CATALOGUES, REFERENCE, T0, event
from support.served import Fixed

from models.bundle import load_bundle
from models.facts import NO_FACTS
from models.judge import Case, judge
from models.served import SHADOW, Served
from streams import metrics
from streams.agents.model_health import FAULTS_IN_A_ROW, LEFT_OUT_S, ModelHealth
from streams.kind_models import KindModels

LOGIN = CATALOGUES["login"]
BUNDLE = load_bundle(LOGIN)
LIMIT_US = 1000


class Clock:
    """A time that passes only when a model, or the test, lets it pass."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Bench:
    """One kind's models and their health, fed with micro-batches."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.serving: tuple[Served, ...] = ()
        self.models = KindModels({}, "login.m", self._put)
        self.health = ModelHealth("login", self.models, LIMIT_US, self.clock)

    def _put(self, serving: tuple[Served, ...]) -> None:
        self.serving = serving

    def made(self, version: str, answer: Any, name: str = "login.m", share: float = 1.0) -> Served:
        scorer = Fixed(answer)
        scorer.inputs = LOGIN.names
        return Served(name, version, SHADOW, scorer, share=share)

    def take(self, version: str, answer: Any, name: str = "login.m", share: float = 1.0) -> None:
        self.models.take(self.made(version, answer, name, share))

    def slow(self, seconds: float) -> Any:
        def answer(batch: Any) -> list[float]:
            self.clock.now_s += seconds
            return [0.5] * len(batch)

        return answer

    def decide(self, events: int = 2, first: int = 0) -> list[tuple[str | None, tuple[str, ...]]]:
        """For each event the version of the model that scored it, and what the verdict lacks."""
        cases = [
            Case(event("login", f"e{first + n}", T0), {}, [float(n)] * len(LOGIN.names), NO_FACTS, 0.0, ())
            for n in range(events)
        ]
        models = self.serving
        judged = judge(cases, LOGIN, BUNDLE, models, REFERENCE.version, self.health.watch)
        self.health.after(models, judged)
        data = [one.verdict.data for one in judged]
        return [(one.scores[0].version if one.scores else None, one.degraded) for one in data]


@pytest.fixture
def bench() -> Bench:
    return Bench()


WITHOUT = (None, ("model:login.m",))


def test_a_model_that_takes_too_long_is_left_out_from_the_next_batch_on_and_let_in_again_later(bench: Bench) -> None:
    bench.take("1", bench.slow(0.5))
    assert bench.decide() == [("1", ())] * 2
    assert bench.decide() == [WITHOUT] * 2
    bench.clock.now_s += LEFT_OUT_S
    bench.decide()
    assert bench.decide() == [("1", ())] * 2


def test_time_is_allowed_by_the_event_and_never_less_than_a_process_may_have_to_wait_for_its_turn(
    bench: Bench,
) -> None:
    bench.take("1", bench.slow(0.09))
    for _ in range(5):
        assert bench.decide(1) == [("1", ())]
    bench.take("2", bench.slow(0.9 * LIMIT_US / 1e6 * 200))
    for _ in range(5):
        assert bench.decide(200)[0] == ("2", ())


def test_three_faults_in_a_row_bring_the_last_good_version_back(bench: Bench) -> None:
    bench.take("1", 0.25)
    assert bench.decide() == [("1", ())] * 2
    bench.take("2", ValueError("broken"))
    before = metrics.MODEL_FALLBACKS.labels("login", "login.m")._value.get()
    for _ in range(FAULTS_IN_A_ROW):
        assert bench.decide() == [WITHOUT] * 2
    assert bench.decide() == [("1", ())] * 2
    assert metrics.MODEL_FALLBACKS.labels("login", "login.m")._value.get() == before + 1
    # A newer version is tried.
    bench.take("3", 0.75)
    assert bench.decide() == [("3", ())] * 2


def test_faults_that_are_not_in_a_row_change_nothing(bench: Bench) -> None:
    bench.take("1", 0.25)
    bench.decide()
    fails = [True]
    bench.take("2", lambda batch: 1 / 0 if fails[0] else [0.5] * len(batch))
    for _ in range(5):
        fails[0] = True
        for _ in range(FAULTS_IN_A_ROW - 1):
            assert bench.decide() == [WITHOUT] * 2
        fails[0] = False
        assert bench.decide() == [("2", ())] * 2


def test_without_a_good_version_a_faulty_model_is_left_out_until_a_newer_one_comes(bench: Bench) -> None:
    calls: list[int] = []

    def broken(batch: Any) -> list[float]:
        calls.append(len(batch))
        raise ValueError("broken")

    bench.take("1", broken)
    for _ in range(FAULTS_IN_A_ROW):
        bench.decide()
    asked = len(calls)
    bench.clock.now_s += 10 * LEFT_OUT_S
    assert [bench.decide() for _ in range(3)] == [[WITHOUT] * 2] * 3
    assert len(calls) == asked
    bench.take("2", 0.5)
    assert bench.decide() == [("2", ())] * 2


def test_a_model_that_is_too_slow_three_times_in_a_row_gives_way_to_its_last_good_version(bench: Bench) -> None:
    bench.take("1", 0.25)
    bench.decide()
    bench.take("2", bench.slow(0.5))
    for _ in range(FAULTS_IN_A_ROW):
        assert bench.decide() == [("2", ())] * 2
        bench.clock.now_s += LEFT_OUT_S
        bench.decide()
    assert bench.decide() == [("1", ())] * 2


def test_others_go_on_scoring_beside_a_faulty_model(bench: Bench) -> None:
    bench.take("1", ValueError("broken"))
    bench.take("7", 0.5, name="login.other")
    for _ in range(2 * FAULTS_IN_A_ROW):
        assert bench.decide() == [("7", ("model:login.m",))] * 2


def test_a_version_that_came_while_the_one_before_was_given_up_stays(bench: Bench) -> None:
    bench.take("1", 0.25)
    bench.decide()
    bench.take("2", ValueError("broken"))
    (faulty,) = bench.serving
    bench.take("3", 0.75)
    # The event loop was still busy with what version 2 had scored.
    bench.models.fall_back(faulty)
    assert bench.decide() == [("3", ())] * 2


def test_what_takes_the_place_of_a_faulty_pinned_version_stays_until_somebody_says_otherwise(bench: Bench) -> None:
    bench.take("1", 0.25)
    bench.decide()
    bench.take("3", 0.75)
    bench.models.crown("login.m", {"login.m": bench.made("2", ValueError("broken"))})
    for _ in range(FAULTS_IN_A_ROW):
        assert bench.decide() == [WITHOUT] * 2
    assert bench.decide() == [("1", ())] * 2
    bench.take("4", 0.75)
    assert bench.decide() == [("1", ())] * 2
    bench.models.crown("login.m", {})
    assert bench.decide() == [("4", ())] * 2


def test_a_version_that_was_good_is_let_in_again_after_events_that_it_could_not_take(bench: Bench) -> None:
    poisoned = [False]
    bench.models.crown(
        "login.m", {"login.m": bench.made("1", lambda batch: 1 / 0 if poisoned[0] else [0.5] * len(batch))}
    )
    bench.decide()
    poisoned[0] = True
    for _ in range(FAULTS_IN_A_ROW):
        bench.decide()
    poisoned[0] = False
    assert bench.decide() == [WITHOUT] * 2
    bench.clock.now_s += LEFT_OUT_S
    bench.decide()
    assert bench.decide() == [("1", ())] * 2


def test_a_challenger_that_was_asked_about_no_event_has_shown_nothing(bench: Bench) -> None:
    asked: list[int] = []

    def fails(batch: Any) -> list[float]:
        asked.append(len(batch))
        raise ValueError("broken")

    bench.models.crown("login.other", {})
    bench.take("7", 0.5, name="login.other")
    bench.take("1", fails, share=0.5)
    before = metrics.MODEL_FALLBACKS.labels("login", "login.m")._value.get()
    # One event at a time: about every second one is the challenger's.
    for number in range(40):
        bench.decide(1, number)
    assert len(asked) == FAULTS_IN_A_ROW
    assert metrics.MODEL_FALLBACKS.labels("login", "login.m")._value.get() == before + 1


def test_a_champion_that_is_one_no_more_scores_its_share_when_its_good_version_comes_back(bench: Bench) -> None:
    bench.take("1", 0.5, share=0.25)
    bench.decide()
    bench.take("2", ValueError("broken"), share=0.25)
    for _ in range(FAULTS_IN_A_ROW):
        bench.decide()
    bench.models.crown("login.other", {})
    assert {model.name: (model.version, model.share) for model in bench.serving}["login.m"] == ("1", 0.25)


def test_a_model_that_fails_slowly_does_not_hold_up_a_micro_batch_event_by_event(bench: Bench) -> None:
    asked: list[int] = []

    def fails(batch: Any) -> list[float]:
        asked.append(len(batch))
        bench.clock.now_s += 0.4
        raise ValueError("broken")

    bench.take("1", fails)
    assert bench.decide(50) == [WITHOUT] * 50
    assert sum(asked) - 50 <= 3
