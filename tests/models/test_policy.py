"""From rules and a score to one action."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.actions import ACTIONS, RANK, strongest
from models.errors import RuleError
from models.policy import Band, Policy, read_policy

POLICY = Policy(bands=(Band(0.9, "challenge"), Band(0.5, "review")))


def test_the_actions_are_ordered_from_the_mildest() -> None:
    assert ACTIONS == ("allow", "review", "challenge", "throttle", "quarantine", "block")
    assert strongest("review", "block", "throttle") == "block"


@pytest.mark.parametrize(
    ("score", "action"),
    [(0.0, "allow"), (0.4999, "allow"), (0.5, "review"), (0.8999, "review"), (0.9, "challenge"), (1.0, "challenge")],
)
def test_a_band_begins_at_its_score_in_whatever_order_they_are_written(score: float, action: str) -> None:
    assert POLICY.decide([], score) == action
    assert Policy(bands=tuple(reversed(POLICY.bands))).decide([], score) == action


@given(st.lists(st.sampled_from(ACTIONS)), st.none() | st.floats(0, 1))
def test_the_strongest_action_that_anything_asks_for_wins(rules: list[str], score: float | None) -> None:
    decided = RANK[POLICY.decide(rules, score)]
    assert decided == max([*(RANK[action] for action in rules), RANK[POLICY.decide([], score)]])


def test_without_a_score_only_rules_count() -> None:
    assert POLICY.decide([], None) == "allow"
    assert POLICY.decide(["allow", "throttle"], None) == "throttle"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[bands]]\nscore = 0\naction = 'review'", "a band's score is 0.0: write a number above 0, at most 1"),
        ("[[bands]]\nscore = 1.01\naction = 'review'", "1.01"),
        ("[[bands]]\nscore = nan\naction = 'review'", "nan"),
        ("[[bands]]\nscore = 0.5\naction = 'deny'", "deny"),
        ("[[bands]]\nscore = 0.5", "missing required field `action`"),
        ("[[bands]]\nscore = '0.5'\naction = 'review'", "Expected `float`"),
        ("[[band]]\nscore = 0.5\naction = 'review'", "`band`"),
        ("[expires_s]\ndeny = 5", "deny"),
        ("[expires_s]\nblock = 0", "expires_s of block is 0"),
        ("[expires_s]\nblock = -1", "expires_s of block is -1"),
        ("[expires_s]\nblock = 1000000000000000", "expires_s of block"),
        ("[expires_s", "not TOML"),
        ("\udcff", "not TOML"),
    ],
)
def test_a_wrong_policy_is_refused_with_its_file(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "policy.toml"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(RuleError) as caught:
        read_policy(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert says in str(caught.value)
