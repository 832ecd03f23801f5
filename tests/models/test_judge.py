"""Judging: pure, the same alone and in a batch, and never stopped by a model."""

from __future__ import annotations

import copy
import math
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.events import CATALOGUES, REFERENCE, T0, event
from support.served import Fixed, fresh, served, teach

from features.event import LAST_MS, to_rfc3339
from models.band import Band
from models.bundle import Bundle, load_bundle
from models.facts import NO_FACTS, Facts
from models.judge import NO_FEATURES, Case, judge
from models.learning.calibration import Calibration
from models.learning.threshold import Threshold
from models.policy import Escalation, Policy, WithoutFeatures
from models.scorers import Batch
from models.served import SHADOW, Served, score_batch, serve
from models.verdict import encode, is_intact

LOGIN = CATALOGUES["login"]
BUNDLE = load_bundle(LOGIN)


def case(
    number: int = 0, degraded: tuple[str, ...] = (), time_ms: int = T0, facts: Facts = NO_FACTS, **values: float
) -> Case:
    one = event("login", str(number), time_ms + number, ip="192.0.2.1", success=number % 2 == 0, country="AT")
    vector = [values.get(name.replace(".", "_"), float(number)) for name in LOGIN.names]
    entities = LOGIN.named(LOGIN.prepare(one, REFERENCE))
    return Case(one, entities, vector, facts, 3600.0, degraded)


def trained() -> tuple[Served, ...]:
    scorers = fresh("login")
    teach(scorers, [case(number * 7).vector for number in range(6)], "login")
    return served("login", scorers)


TRAINED = trained()


def decide(cases: list[Case], models: tuple[Served, ...] = TRAINED, bundle: Bundle = BUNDLE) -> list[dict[str, Any]]:
    judged = judge(cases, LOGIN, bundle, models, "ref-1")
    return [msgspec.json.decode(encode(one.verdict))["data"] for one in judged]


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(0, 60), min_size=1, max_size=12))
def test_a_batch_gives_the_same_bytes_as_its_events_one_by_one(numbers: list[int]) -> None:
    cases = [case(number) for number in numbers]
    # What was decided just before counts for an escalation: one by one, it would be looked up.
    bundle = replace(BUNDLE, policy=msgspec.structs.replace(BUNDLE.policy, escalation=()))
    together = [encode(one.verdict) for one in judge(cases, LOGIN, bundle, TRAINED, "ref-1")]
    alone = [encode(judge([one], LOGIN, bundle, TRAINED, "ref-1")[0].verdict) for one in cases]
    assert together == alone
    assert all(is_intact(record) for record in together)


def test_judging_changes_nothing_that_it_reads() -> None:
    cases = [case(number) for number in range(30)]
    vectors = copy.deepcopy([one.vector for one in cases])
    first = decide(cases)
    assert decide(cases) == first
    assert [one.vector for one in cases] == vectors


def test_a_verdict_tells_what_it_was_made_of() -> None:
    (data,) = decide([case(4, degraded=("late",), facts=Facts(labels={"ip": ("office",)}))])
    assert data["event"] == {"kind": "login", "source": "test", "id": "4"}
    assert data["fields"] == {"account": "ada", "success": True, "ip": "192.0.2.1", "country": "AT"}
    assert data["entities"] == {"account": "ada", "ip": "192.0.2.1", "subnet": "192.0.2.0/24"}
    assert list(data["features"]) == list(LOGIN.names)
    assert (data["facts"], data["history_s"], data["degraded"]) == ({"labels": {"ip": ["office"]}}, 3600.0, ["late"])
    assert (data["bundle"], data["schema"], data["reference"]) == (BUNDLE.hash, LOGIN.schema, "ref-1")
    assert [score["role"] for score in data["scores"]] == ["champion", "shadow"]
    assert data["target"] == "account"
    assert "corrects" not in data


def test_no_private_text_is_in_a_verdict() -> None:
    mail = CATALOGUES["mail"]
    one = event("mail", "1", body="the secret body", headers="the secret headers")
    whole = Case(one, {}, [0.0] * len(mail.names), NO_FACTS, 0.0, ())
    (judged,) = judge([whole], mail, load_bundle(mail), (), "ref")
    assert b"secret" not in encode(judged.verdict)


def test_a_fired_rule_gives_its_action_and_its_reason_with_the_values_that_it_saw() -> None:
    (data,) = decide([case(1, account_failures_10m=12.0, account_logins_10m=30.0)], ())
    assert data["action"] == "throttle"
    assert data["reasons"] == [
        {
            "rule": "login-brute-force",
            "text": "12 failed logins of this account in 10 minutes",
            "observed": {"account.failures_10m": 12.0},
            "limit": {"account.failures_10m": 10},
            "action": "throttle",
        }
    ]
    assert data["expires_at"] == to_rfc3339(T0 + 1 + BUNDLE.policy.expires_s["throttle"] * 1000)


def test_what_nobody_objects_to_is_allowed_and_does_not_expire() -> None:
    (data,) = decide([case(0)], ())
    assert (data["action"], data["reasons"], data["score"], data["scores"]) == ("allow", [], None, [])
    assert "expires_at" not in data


def test_an_action_on_the_last_day_of_the_calendar_expires_with_it() -> None:
    (data,) = decide([case(1, time_ms=LAST_MS - 1, account_failures_10m=12.0)], ())
    assert data["expires_at"] == to_rfc3339(LAST_MS)


def test_the_champions_score_asks_for_the_action_of_its_band() -> None:
    bundle = replace(BUNDLE, policy=Policy(bands=(Band("review", 0.5), Band("block", 0.9))))
    for score, action in ((0.3, "allow"), (0.5, "review"), (1.0, "block")):
        (data,) = decide([case(0)], (Served("m", "1", "champion", Fixed(score)),), bundle)
        assert (data["score"], data["action"]) == (score, action)
        (data,) = decide([case(0)], (Served("m", "1", "shadow", Fixed(score)),), bundle)
        assert (data["score"], data["action"]) == (None, "allow")


def test_a_warming_champion_does_not_count_and_the_verdict_says_so() -> None:
    bundle = replace(BUNDLE, policy=Policy(bands=(Band("block", 0.5),)))
    (data,) = decide([case(0)], (Served("m", "1", "champion", Fixed(1.0, ready=False)),), bundle)
    assert (data["score"], data["action"]) == (None, "allow")
    assert data["scores"] == [{"model": "m", "version": "1", "score": 1.0, "role": "champion", "warming": True}]


BROKEN = [
    ValueError("x"), math.nan, math.inf, -0.1, 1.1, None, "0.5 or so", object(), [0.5, 0.5, 0.5], [],
    [[0.5], [0.5]], 10**400,
]  # fmt: skip


@pytest.mark.parametrize("answer", BROKEN, ids=lambda answer: repr(answer)[:12])
@pytest.mark.parametrize("role", ["champion", "shadow"])
def test_a_model_that_fails_is_left_out_and_named_and_decisions_go_on(answer: Any, role: str) -> None:
    other = "shadow" if role == "champion" else "champion"
    models = (Served("bad", "1", role, Fixed(answer)), Served("good", "1", other, Fixed(0.25)))
    for data in decide([case(0, degraded=("late",)), case(1)], models):
        assert [score["model"] for score in data["scores"]] == ["good"]
        assert data["score"] == (0.25 if other == "champion" else None)
        assert data["degraded"][-1] == "model:bad"
    assert decide([case(0, degraded=("late",))], models)[0]["degraded"] == ["late", "model:bad"]


BATCH = Batch.of((), [(), (), ()])
IDS = ["0" * 32, "8" * 32, "f" * 32]


def test_a_model_that_fails_for_one_event_still_scores_the_others() -> None:
    scored = score_batch((Served("m", "1", "champion", Fixed([0.1, math.nan, 0.3])),), BATCH, IDS)
    assert [one.champion for one in scored] == [0.1, None, 0.3]
    assert [one.failed for one in scored] == [(), ("m",), ()]


def test_the_champion_is_served_first_and_the_others_by_name() -> None:
    models = [Served(name, "1", SHADOW, Fixed(0.5)) for name in ("z", "a", "m")]
    assert [(model.name, model.role) for model in serve(models, "m")] == [
        ("m", "champion"),
        ("a", "shadow"),
        ("z", "shadow"),
    ]


def test_one_event_that_a_model_cannot_take_costs_no_other_its_score() -> None:
    def fails_at_the_second(batch: Batch) -> list[float]:
        if 2.0 in batch.matrix:
            raise ValueError("a value that it cannot take")
        return [0.25] * len(batch)

    batch = Batch.of(("x",), [(1.0,), (2.0,), (3.0,)])
    scorer = Fixed(fails_at_the_second)
    scorer.inputs = ("x",)
    scored = score_batch((Served("m", "1", "champion", scorer),), batch, IDS)
    assert [one.champion for one in scored] == [0.25, None, 0.25]


def test_a_challenger_scores_its_share_of_the_events_and_always_the_same_ones() -> None:
    asked: list[int] = []

    def counts(batch: Batch) -> list[float]:
        asked.append(len(batch))
        return [0.5] * len(batch)

    models = serve([Served("m", "1", SHADOW, Fixed(0.25)), Served("n", "1", SHADOW, Fixed(counts), share=0.6)], "m")
    scored = score_batch(models, BATCH, IDS)
    assert [[score.model for score in one.scores] for one in scored] == [["m", "n"], ["m", "n"], ["m"]]
    assert asked == [2]
    assert [one.failed for one in scored] == [()] * 3


def test_a_stacked_model_reads_the_scores_of_others_and_of_one_that_failed_that_there_is_none() -> None:
    seen: dict[str, list[float]] = {}

    def looks(batch: Batch) -> list[float]:
        seen.update({name: list(values) for name, values in batch.scores.items()})
        return [0.5] * len(batch)

    models = serve(
        [
            Served("a", "1", SHADOW, Fixed(looks, stacks=("b", "c"))),
            Served("b", "1", SHADOW, Fixed(0.125)),
            Served("c", "1", SHADOW, Fixed(ValueError("x"))),
        ],
        "a",
    )
    scored = score_batch(models, BATCH, IDS)
    assert seen["b"] == [0.125] * 3
    assert all(math.isnan(value) for value in seen["c"])
    assert scored[0].failed == ("c",)
    assert scored[0].champion == 0.5


def test_a_model_that_is_left_out_is_named() -> None:
    models = serve([Served("m", "1", SHADOW, None), Served("n", "1", SHADOW, Fixed(0.5))], "m")
    (data,) = decide([case(0)], models)
    assert (data["score"], data["degraded"]) == (None, ["model:m"])


def test_the_champions_score_is_calibrated_and_bands_speak_of_that() -> None:
    bundle = replace(BUNDLE, policy=Policy(bands=(Band("review", 0.5),)))
    models = (Served("m", "1", "champion", Fixed(0.4), Calibration(1.0, 1.0, 2.0)),)
    (data,) = decide([case(0)], models, bundle)
    assert data["scores"][0]["score"] == 0.4
    assert data["score"] == Calibration(1.0, 1.0, 2.0).apply(0.4) > 0.5
    assert data["action"] == "review"


PROMISE = replace(BUNDLE, policy=Policy(bands=(Band("block", max_false_positive_rate=0.001),)))


@pytest.mark.parametrize(
    ("score", "thin", "action"), [(0.95, False, "block"), (0.95, True, "review"), (0.85, False, "allow")]
)
def test_a_promise_acts_from_its_threshold_on_and_reviews_while_too_few_labels_speak_for_it(
    score: float, thin: bool, action: str
) -> None:
    threshold = Threshold(0.9, 0.8, 0.95, None, 5000, thin=thin)
    models = (Served("m", "1", "champion", Fixed(score), thresholds={"0.001": threshold, "0.01": threshold}),)
    (data,) = decide([case(0)], models, PROMISE)
    assert data["action"] == action
    assert data["facts"] == {"thresholds": {"0.001": 0.9}} | ({"thin": ["0.001"]} if thin else {})


def test_without_a_threshold_a_promise_asks_for_nothing() -> None:
    (data,) = decide([case(0)], (Served("m", "1", "champion", Fixed(1.0)),), PROMISE)
    assert (data["action"], data["facts"]) == ("allow", {})


def test_scorers_of_text_get_the_private_text_and_the_verdict_does_not() -> None:
    mail = CATALOGUES["mail"]
    texts: list[Any] = []

    class Reads(Fixed):
        reads_text = True

    def looks(batch: Batch) -> list[float]:
        texts.extend(batch.texts)
        return [0.5] * len(batch)

    one = event("mail", "1", body="the secret body", headers="the secret headers")
    none = event("mail", "2")
    cases = [Case(each, {}, [0.0] * len(mail.names), NO_FACTS, 0.0, ()) for each in (one, none)]
    judged = judge(cases, mail, load_bundle(mail), (Served("m", "1", "champion", Reads(looks)),), "ref")
    assert texts == [("the secret headers", "the secret body"), None]
    assert b"secret" not in encode(judged[0].verdict)


GUESSING = {"account_failures_10m": 12.0}


def test_the_policy_tells_each_step_in_words() -> None:
    (data,) = decide([case(1, facts=Facts(freeze="review"), **GUESSING)], ())
    assert data["policy"] == ["rule login-brute-force asks for throttle", "frozen, at most review: review"]
    assert (data["action"], data["facts"], data["degraded"]) == ("review", {"freeze": "review"}, ["frozen"])


def test_a_snoozed_rule_is_silent() -> None:
    (data,) = decide([case(1, facts=Facts(snoozed=("login-brute-force",)), **GUESSING)], ())
    assert (data["action"], data["reasons"], data["policy"]) == ("allow", [], [])


def test_a_batch_counts_its_own_decisions_towards_an_escalation() -> None:
    policy = Policy(escalation=(Escalation("throttle", 3, "1h", "block"),))
    bundle = replace(BUNDLE, policy=policy)
    cases = [case(number, **GUESSING) for number in (1, 3, 5, 7)]
    together = decide(cases, (), bundle)
    assert [data["action"] for data in together] == ["throttle", "throttle", "block", "block"]
    first, second, third = (one.event.decision_id for one in cases[:3])
    assert together[2]["facts"] == {"escalation": {"throttle": [first, second]}}
    assert together[3]["facts"] == {"escalation": {"throttle": [second, third]}}
    assert together[2]["policy"][-1] == "throttle for the 3rd time within 1h: block"
    # With what facts tell of earlier micro-batches the same comes out.
    alone = case(5, facts=Facts(escalation={"throttle": (first, second)}), **GUESSING)
    assert decide([alone], (), bundle) == [together[2]]


@pytest.mark.parametrize(
    ("without", "action"),
    [(WithoutFeatures("open"), "allow"), (WithoutFeatures("closed", "challenge"), "challenge")],
)
def test_without_features_only_what_the_event_tells_is_judged(without: WithoutFeatures, action: str) -> None:
    bundle = replace(BUNDLE, policy=Policy(bands=(Band("block", 0.1),), without_features=without))
    (data,) = decide([case(1, degraded=(NO_FEATURES,), **GUESSING)], TRAINED, bundle)
    assert (data["action"], data["reasons"], data["score"], data["scores"]) == (action, [], None, [])
