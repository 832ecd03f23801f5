"""From rules, a score and facts to one action, each step in words."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.actions import ACTIONS, RANK, strongest
from models.band import Band
from models.errors import RuleError
from models.facts import NO_FACTS, OVERALL, Facts
from models.policy import Asked, Budget, Escalation, Outcome, Policy
from models.policy_file import read_policy

BANDS = (Band("challenge", 0.9), Band("review", 0.5))
POLICY = Policy(bands=BANDS)


def decide(policy: Policy, actions: list[str], score: float | None = None, facts: Facts = NO_FACTS) -> Outcome:
    return policy.decide([Asked(f"r{n}", action) for n, action in enumerate(actions)], score, facts)


def test_the_actions_are_ordered_from_the_mildest() -> None:
    assert ACTIONS == ("allow", "review", "challenge", "throttle", "quarantine", "block")
    assert strongest("review", "block", "throttle") == "block"


@pytest.mark.parametrize(
    ("score", "action"),
    [(0.0, "allow"), (0.4999, "allow"), (0.5, "review"), (0.8999, "review"), (0.9, "challenge"), (1.0, "challenge")],
)
def test_a_band_begins_at_its_score_in_whatever_order_they_are_written(score: float, action: str) -> None:
    assert decide(POLICY, [], score).action == action
    assert decide(Policy(bands=tuple(reversed(BANDS))), [], score).action == action


@given(st.lists(st.sampled_from(ACTIONS)), st.none() | st.floats(0, 1))
def test_the_strongest_action_that_anything_asks_for_wins(rules: list[str], score: float | None) -> None:
    decided = RANK[decide(POLICY, rules, score).action]
    assert decided == max([*(RANK[action] for action in rules), RANK[decide(POLICY, [], score).action]])


@pytest.mark.parametrize(
    ("combine", "rules", "score", "action"),
    [
        ("rules-first", ["review"], 0.95, "review"),
        ("rules-first", [], 0.95, "challenge"),
        ("agree", ["block"], 0.6, "review"),
        ("agree", ["block"], 0.1, "allow"),
        ("agree", [], 0.95, "allow"),
        ("agree", ["throttle"], 0.95, "challenge"),
        # Without a score there is nobody to agree with.
        ("agree", ["block"], None, "block"),
    ],
)
def test_a_policy_says_how_rules_and_score_combine(
    combine: str, rules: list[str], score: float | None, action: str
) -> None:
    policy = Policy(bands=BANDS, combine=combine)  # type: ignore[arg-type]
    assert decide(policy, rules, score).action == action


def test_a_policy_may_order_fewer_actions_in_its_own_way() -> None:
    policy = Policy(actions=("allow", "review", "quarantine", "throttle"))
    assert decide(policy, ["quarantine", "throttle"]).action == "throttle"


def test_the_third_challenge_within_a_day_becomes_a_block() -> None:
    policy = Policy(escalation=(Escalation("challenge", 3, "24h", "block"),))
    for earlier, action in (((), "challenge"), (("a",), "challenge"), (("a", "b"), "block")):
        outcome = decide(policy, ["challenge"], facts=Facts(escalation={"challenge": earlier}))
        assert (outcome.action, outcome.before, outcome.rules) == (action, "challenge", ("r0",))
    assert outcome.steps == ("rule r0 asks for challenge", "challenge for the 3rd time within 24h: block")
    assert decide(policy, ["review"], facts=Facts(escalation={"challenge": ("a", "b")})).action == "review"


def test_a_rule_whose_budget_is_used_up_asks_for_a_review_and_others_do_not() -> None:
    outcome = decide(POLICY, ["block", "throttle"], facts=Facts(tripped=("r0",)))
    assert (outcome.action, outcome.rules) == ("throttle", ("r1",))
    assert outcome.steps[0] == "rule r0 asks for block; its budget is used up: review"
    assert decide(POLICY, ["block"], facts=Facts(tripped=("r0",))).action == "review"
    assert decide(POLICY, ["block"], 0.95, Facts(tripped=(OVERALL,))).action == "review"


def test_a_rule_has_its_part_in_what_it_and_the_score_agree_upon() -> None:
    agree = Policy(combine="agree", bands=BANDS)
    outcome = decide(agree, ["block", "review", "challenge"], 0.95)
    assert (outcome.before, outcome.rules) == ("challenge", ("r0", "r2"))
    assert decide(agree, ["block"], 0.1) == Outcome(
        "allow", "allow", ("rule r0 asks for block", "rules and score have to agree: allow"), ()
    )


@given(
    st.lists(st.sampled_from(ACTIONS), max_size=4),
    st.none() | st.floats(0, 1),
    st.sampled_from([None, "allow", "review"]),
    st.sets(st.sampled_from(["r0", "r1", OVERALL])),
    st.lists(st.sampled_from("abc"), max_size=3),
)
def test_protection_outranks_everything_and_a_freeze_is_a_ceiling(
    rules: list[str], score: float | None, freeze: str | None, tripped: set[str], earlier: list[str]
) -> None:
    policy = Policy(bands=BANDS, escalation=(Escalation("challenge", 2, "1h", "block"),))
    facts = Facts(
        freeze=freeze,  # type: ignore[arg-type]
        tripped=tuple(sorted(tripped)),
        escalation={"challenge": tuple(earlier)},
    )
    outcome = decide(policy, rules, score, facts)
    assert RANK[outcome.action] <= RANK[freeze or "block"]
    assert RANK[outcome.action] <= (RANK["review"] if OVERALL in tripped else RANK["block"])
    protected = Facts(
        freeze=facts.freeze, tripped=facts.tripped, escalation=facts.escalation, protect=("account", "ip")
    )
    safe = decide(policy, rules, score, protected)
    assert safe.action == "allow"
    assert (outcome.action == "allow") or safe.steps[-1] == "account and ip protected: allow"


def test_a_budget_is_a_number_of_decisions_or_a_share_of_them() -> None:
    assert [Budget("1h", most=5).used_up(count, 1000) for count in (4, 5, 6)] == [False, True, True]
    share = Budget("1h", share=0.1, at_least=10)
    assert [share.used_up(count, decisions) for count, decisions in ((9, 10), (10, 100), (10, 101))] == [
        False, True, False,
    ]  # fmt: skip


WRONG = [
    ("[[bands]]\nscore = 0\naction = 'review'", "a band's score is 0.0: write a number above 0, at most 1"),
    ("[[bands]]\nscore = 1.01\naction = 'review'", "1.01"),
    ("[[bands]]\nscore = nan\naction = 'review'", "nan"),
    ("[[bands]]\nscore = 0.5\naction = 'deny'", "deny"),
    ("[[bands]]\nscore = 0.5", "missing required field `action`"),
    ("[[bands]]\nscore = '0.5'\naction = 'review'", "Expected `float | null`"),
    ("[[band]]\nscore = 0.5\naction = 'review'", "`band`"),
    ("[expires_s]\ndeny = 5", "deny"),
    ("[expires_s]\nblock = 0", "expires_s of block is 0"),
    ("[expires_s]\nblock = 1000000000000000", "expires_s of block"),
    ("[expires_s", "not TOML"),
    ("actions = ['review', 'block']", "begin with 'allow' and 'review'"),
    ("actions = ['allow', 'review', 'block', 'block']", "name each action once"),
    (
        "actions = ['allow', 'review']\n[expires_s]\nblock = 5",
        "expires_s names 'block', which is none of this kind's",
    ),
    ("combine = 'weakest'", "weakest"),
    ("[without_features]\ndo = 'close'", "close"),
    ("[without_features]\ndo = 'open'\nafter_s = -1", "after_s of without_features is -1"),
    ("[[escalation]]\naction = 'challenge'\ncount = 1\nwindow = '24h'\nbecomes = 'block'", "count is 1: write 2 to"),
    ("[[escalation]]\naction = 'block'\ncount = 3\nwindow = '24h'\nbecomes = 'challenge'", "and a stronger one"),
    ("[[escalation]]\naction = 'challenge'\ncount = 3\nwindow = 'day'\nbecomes = 'block'", "'day' is not a number"),
    ("[[budgets]]\nwindow = '1h'", "write either most (a number of decisions) or share"),
    ("[[budgets]]\nwindow = '1h'\nmost = 1\nshare = 0.5", "write either most"),
    ("[[budgets]]\nwindow = '1h'\nmost = 0", "most is 0: write 1 or more"),
    ("[[budgets]]\nwindow = '1h'\nshare = 1.5", "share is 1.5: write a number between 0 and 1"),
    ("[[budgets]]\nwindow = '40d'\nmost = 5", "outside 1 minute to 30 days"),
    ("[[budgets]]\nwindow = '1h'\nmost = 5\n[[budgets]]\nwindow = '2h'\nmost = 5", "two budgets of 'overall'"),
]


@pytest.mark.parametrize(("text", "says"), WRONG, ids=itertools.count())
def test_a_wrong_policy_is_refused_with_its_file(text: str, says: str) -> None:
    with pytest.raises(RuleError) as caught:
        read_policy(text, "here/policy.toml")
    assert str(caught.value).startswith("here/policy.toml: ")
    assert says in str(caught.value)
