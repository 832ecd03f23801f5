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

from features.event import LAST_MS, to_rfc3339
from models.bundle import Bundle, load_bundle
from models.facts import NO_FACTS, Facts
from models.judge import NO_FEATURES, Case, judge
from models.policy import Band, Escalation, Policy, WithoutFeatures
from models.scorers import Features, Logistic, champion_name, fresh_scorers
from models.served import Served, score_batch, serve
from models.verdict import encode, is_intact

LOGIN = CATALOGUES["login"]
BUNDLE = load_bundle(LOGIN)


class Fixed:
    """A scorer that always gives what it was told to give."""

    learns_from = "labels"
    learned = 1

    def __init__(self, answer: Any, *, ready: bool = True) -> None:
        self.answer = answer
        self.ready = ready

    def score_many(self, vectors: Any) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer if isinstance(self.answer, (list, type(None))) else [self.answer for _ in vectors]

    def learn(self, vector: Features, abuse: bool | None) -> None:
        raise AssertionError("judging must not teach")


def case(
    number: int = 0, degraded: tuple[str, ...] = (), time_ms: int = T0, facts: Facts = NO_FACTS, **values: float
) -> Case:
    one = event("login", str(number), time_ms + number, ip="192.0.2.1", success=number % 2 == 0, country="AT")
    vector = [values.get(name.replace(".", "_"), float(number)) for name in LOGIN.names]
    entities = LOGIN.named(LOGIN.prepare(one, REFERENCE))
    return Case(one, entities, vector, facts, 3600.0, degraded)


def trained() -> tuple[Served, ...]:
    scorers = fresh_scorers("login", min_labels=2)
    for number in range(6):
        vector = dict(zip(LOGIN.names, case(number * 7).vector, strict=True))
        for scorer in scorers.values():
            scorer.learn(vector, number % 2 == 0 if scorer.learns_from == "labels" else None)
    return serve({name: ("7", scorer) for name, scorer in scorers.items()}, champion_name("login"))


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
    bundle = replace(BUNDLE, policy=Policy(bands=(Band(0.5, "review"), Band(0.9, "block"))))
    for score, action in ((0.3, "allow"), (0.5, "review"), (1.0, "block")):
        (data,) = decide([case(0)], (Served("m", "1", "champion", Fixed(score)),), bundle)
        assert (data["score"], data["action"]) == (score, action)
        (data,) = decide([case(0)], (Served("m", "1", "shadow", Fixed(score)),), bundle)
        assert (data["score"], data["action"]) == (None, "allow")


def test_a_warming_champion_does_not_count_and_the_verdict_says_so() -> None:
    bundle = replace(BUNDLE, policy=Policy(bands=(Band(0.5, "block"),)))
    (data,) = decide([case(0)], (Served("m", "1", "champion", Fixed(1.0, ready=False)),), bundle)
    assert (data["score"], data["action"]) == (None, "allow")
    assert data["scores"] == [{"model": "m", "version": "1", "score": 1.0, "role": "champion", "warming": True}]


BROKEN = [
    ValueError("x"), math.nan, math.inf, -0.1, 1.1, None, "0.5 or so", object(), [0.5], [0.5, 0.5, 0.5], [],
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
    assert decide([case(0, degraded=("late",))], models)[0]["degraded"] == ["late", "model:bad"] or answer == [0.5]


def test_a_model_that_fails_for_one_event_still_scores_the_others() -> None:
    scored = score_batch((Served("m", "1", "champion", Fixed([0.1, math.nan, 0.3])),), [{}, {}, {}])
    assert [one.champion for one in scored] == [0.1, None, 0.3]
    assert [one.failed for one in scored] == [(), ("m",), ()]


def test_the_champion_is_served_first_and_the_others_by_name() -> None:
    scorers = {name: ("1", Logistic(1)) for name in ("z", "a", "m")}
    assert [(model.name, model.role) for model in serve(scorers, "m")] == [
        ("m", "champion"),
        ("a", "shadow"),
        ("z", "shadow"),
    ]


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
    bundle = replace(BUNDLE, policy=Policy(bands=(Band(0.1, "block"),), without_features=without))
    (data,) = decide([case(1, degraded=(NO_FEATURES,), **GUESSING)], TRAINED, bundle)
    assert (data["action"], data["reasons"], data["score"], data["scores"]) == (action, [], None, [])
