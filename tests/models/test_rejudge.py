"""What a verdict records is judged again: by the same bundle to the same bytes, by less to what would have been."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.deciding import bundle_of
from support.events import CATALOGUES, REFERENCE, T0, event
from support.served import Fixed

from models.actions import ACTIONS
from models.band import Band
from models.bundle import Bundle, compile_bundle
from models.facts import Facts
from models.judge import NO_FEATURES, Case, judge
from models.policy import Budget, Escalation, Policy, WithoutFeatures
from models.rejudge import Rejudge, with_outcome
from models.served import Served
from models.verdict import Verdict, decode, encode

LOGIN = CATALOGUES["login"]
POLICY = Policy(
    bands=(Band("review", 0.5), Band("throttle", 0.8)),
    expires_s={"challenge": 3600, "block": 86_400},
    escalation=(Escalation("challenge", 3, "24h", "block"),),
    budgets=(Budget("1h", rule="often", most=5), Budget("1h", most=50)),
    without_features=WithoutFeatures(do="closed"),
)
BUNDLE = bundle_of(
    POLICY,
    ("often", "account.logins_1h >= 10", "challenge"),
    ("failing", "not success and account.failures_1h > 3", "block"),
    ("abroad", "country == 'ZZ'", "review"),
    ("certain", "score > 0.9", "block"),
)
REJUDGE = Rejudge(LOGIN)


def judged(bundle: Bundle = BUNDLE, facts: Facts | None = None, score: float = 0.1, **data: Any) -> Verdict:
    values = data.pop("values", {})
    one = event("login", "e1", data.pop("time_ms", T0), **data)
    vector = [values.get(name, 0) for name in LOGIN.names]
    case = Case(one, LOGIN.named(LOGIN.prepare(one, REFERENCE)), vector, facts or Facts(), 60.5, ())
    models = (Served("m", "1", "champion", Fixed(score)),)
    return decode(encode(judge([case], LOGIN, bundle, models, "ref")[0].verdict))


names = st.sampled_from(("often", "failing", "abroad", "certain", "other"))
facts_ = st.builds(
    Facts,
    lists=st.dictionaries(st.sampled_from(("l1", "l2")), st.just(("ip",))),
    labels=st.dictionaries(st.just("account"), st.just(("known good",))),
    protect=st.sampled_from(((), (), ("account",))),
    snoozed=st.lists(names, max_size=2, unique=True).map(tuple),
    freeze=st.none() | st.sampled_from(ACTIONS),
    tripped=st.lists(st.sampled_from(("often", "overall")), max_size=2, unique=True).map(tuple),
    escalation=st.dictionaries(st.just("challenge"), st.sampled_from((("a",), ("a", "b")))),
)


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(st.sampled_from(LOGIN.names), st.integers(0, 30) | st.floats(0, 1e9)),
    facts_,
    st.floats(0, 1),
    st.booleans(),
    st.sampled_from(((), ("late",), (NO_FEATURES,), ("refill", "late"))),
    st.fixed_dictionaries(
        {"success": st.booleans()},
        optional={
            "country": st.sampled_from(("AT", "ZZ")),
            "ip": st.just("2001:DB8::1"),
            "latitude": st.floats(-90, 90),
        },
    ),
)
def test_the_same_bundle_gives_the_very_bytes_again(
    values: dict[str, float], facts: Facts, score: float, ready: bool, degraded: tuple[str, ...], data: dict[str, Any]
) -> None:
    one = event("login", "e1", **data)
    vector = [values.get(name, 0) for name in LOGIN.names]
    case = Case(one, LOGIN.named(LOGIN.prepare(one, REFERENCE)), vector, facts, 60.5, degraded)
    models = (Served("m", "1", "champion", Fixed(score, ready=ready)), Served("other", "2", "shadow", Fixed(1.0)))
    record = encode(judge([case], LOGIN, BUNDLE, models, "ref")[0].verdict)
    verdict = decode(record)
    assert encode(with_outcome(verdict, REJUDGE.judge(verdict, BUNDLE))) == record


def test_of_a_verdict_its_action_and_reasons_are_never_read() -> None:
    verdict = judged(values={"account.logins_1h": 12})
    assert verdict.data.action == "challenge"
    odd = replace_data(verdict, action="allow", reasons=(), policy=())
    assert encode(with_outcome(odd, REJUDGE.judge(odd, BUNDLE))) == encode(
        replace_data(verdict, digest=msgspec.UNSET)
    )


def test_without_a_rule_everything_else_stays_as_it_was() -> None:
    verdict = judged(values={"account.logins_1h": 12, "account.failures_1h": 5}, success=False)
    assert (verdict.data.action, [reason.rule for reason in verdict.data.reasons]) == ("block", ["often", "failing"])
    less = REJUDGE.judge(verdict, BUNDLE, without="failing")
    assert (less.outcome.action, [reason.rule for reason in less.reasons]) == ("challenge", ["often"])
    assert REJUDGE.judge(verdict, BUNDLE, without="abroad").outcome.action == "block"


def test_without_a_rule_a_decision_reads_like_one_for_which_the_rule_was_snoozed() -> None:
    values = {"account.logins_1h": 12}
    verdict = judged(values=values)
    less = with_outcome(verdict, REJUDGE.judge(verdict, BUNDLE, without="often"))
    corrected = replace_data(less, facts=Facts(snoozed=("often",)))
    assert encode(corrected) == encode(
        replace_data(judged(values=values, facts=Facts(snoozed=("often",))), digest=msgspec.UNSET)
    )


def test_other_facts_and_other_scores_can_stand_in_for_the_recorded_ones() -> None:
    escalated = judged(values={"account.logins_1h": 12}, facts=Facts(escalation={"challenge": ("a", "b")}))
    assert escalated.data.action == "block"
    assert (
        REJUDGE.judge(escalated, BUNDLE, facts=Facts(escalation={"challenge": ("b",)})).outcome.action == "challenge"
    )
    verdict = judged(score=0.95)
    assert verdict.data.action == "block"
    assert REJUDGE.judge(verdict, BUNDLE, score=0.6).outcome.action == "review"
    assert REJUDGE.judge(verdict, BUNDLE, score=None).outcome.action == "allow"


def test_another_bundle_shows_what_it_would_have_done() -> None:
    verdict = judged(country="ZZ")
    stricter = bundle_of(POLICY, ("abroad", "country == 'ZZ'", "block"))
    other = REJUDGE.judge(verdict, stricter)
    assert (verdict.data.action, other.outcome.action) == ("review", "block")
    assert other.expires_at == "2026-11-22T05:00:00.000Z"


def test_a_feature_that_was_not_declared_yet_has_its_default() -> None:
    verdict = judged(values={"account.logins_1h": 12})
    features = {name: value for name, value in verdict.data.features.items() if name != "account.logins_1h"}
    assert REJUDGE.judge(replace_data(verdict, features=features), BUNDLE).outcome.action == "allow"
    assert REJUDGE.judge(replace_data(verdict, features={**verdict.data.features, "gone": 1}), BUNDLE).reasons


def test_a_field_that_the_kind_does_not_have_any_more_is_passed_over() -> None:
    verdict = judged(country="ZZ")
    older = replace_data(verdict, fields={**verdict.data.fields, "given_up": "x"})
    assert REJUDGE.judge(older, BUNDLE).outcome.action == "review"


def test_a_rule_that_has_expired_by_the_events_time_stays_silent() -> None:
    text = BUNDLE.text
    ((path, words),) = text.rules.items()
    expiring = msgspec.structs.replace(
        text, rules={path: words.replace('id = "abroad"', 'id = "abroad"\nexpires = 2026-11-21')}
    )
    bundle = replace(compile_bundle(expiring, LOGIN), policy=POLICY)
    assert REJUDGE.judge(judged(country="ZZ", time_ms=T0), bundle).reasons == ()
    assert REJUDGE.judge(judged(country="ZZ", time_ms=T0 - 86_400_000), bundle).outcome.action == "review"


def replace_data(verdict: Verdict, **data: Any) -> Verdict:
    return msgspec.structs.replace(verdict, data=msgspec.structs.replace(verdict.data, **data))
