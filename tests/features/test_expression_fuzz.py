"""Thousands of random conditions: each is refused, or gives what Python itself gives for the same text."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.expressions import LIVE, NAMES, Writer, hostile, ours, pythons, values

from features.errors import ExpressionError, source_lines
from features.expression import Condition, compile_condition
from features.expression.parse import LONGEST

# What Python finds odd in a text that it parses is no matter here.
pytestmark = pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")
_SOUND = 3_000
_HOSTILE = 6_000


def compiled(text: str) -> Condition | None:
    """The condition; None if it is refused, with a place inside the text."""
    refused = None
    try:
        return compile_condition(text, NAMES, LIVE)
    except ExpressionError as error:
        refused = error
    lines = source_lines(text)
    assert 1 <= refused.line <= len(lines)
    assert 0 <= refused.column <= len(lines[refused.line - 1])
    assert refused.render("rules.toml", 1).count("\n") == 2
    return None


def check(text: str, condition: Condition, chance: random.Random) -> None:
    for _ in range(4):
        given_values = values(chance)
        expected, found = pythons(text, given_values), ours(condition.code, given_values)
        assert isinstance(found, bool)
        assert found is expected, (text, given_values)


def test_a_sound_condition_is_what_python_makes_of_it() -> None:
    chance = random.Random(5)
    outcomes: Counter[bool] = Counter()
    for _ in range(_SOUND):
        text = Writer(chance).condition()
        condition = compiled(text)
        outcomes[condition is None] += 1
        if condition is not None:
            check(text, condition, chance)
    assert outcomes[False] > _SOUND * 0.6


def test_a_hostile_text_is_refused_or_is_what_python_makes_of_it() -> None:
    chance = random.Random(6)
    outcomes: Counter[bool] = Counter()
    for _ in range(_HOSTILE):
        text = hostile(chance)
        condition = compiled(text)
        outcomes[condition is None] += 1
        if condition is not None:
            check(text, condition, chance)
    assert outcomes[True] > _HOSTILE * 0.6
    assert outcomes[False] > _HOSTILE * 0.02


def test_a_condition_with_missing_values_is_a_truth_value_all_the_same() -> None:
    chance = random.Random(7)
    for _ in range(_SOUND):
        condition = compiled(Writer(chance).condition())
        if condition is not None:
            given_values: dict[str, Any] = values(chance)
            for name in chance.sample([name for name, known in NAMES.items() if known.optional], 3):
                given_values[name] = None
            assert isinstance(ours(condition.code, given_values), bool)


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=60) | st.lists(st.sampled_from([*"nms'\"()[]{}.,:=<>+-*/ \n\t\r\\é🦊0123e_"])).map("".join))
def test_any_text_is_refused_with_a_place_inside_it_or_is_what_python_makes_of_it(text: str) -> None:
    condition = compiled(text)
    if condition is not None:
        check(text, condition, random.Random(8))


@pytest.mark.parametrize(
    "piece", ["(", "not ", "-", "n+", "n*", "[", "lower(", "yes and (", "yes==(", "n<", "'", "\\"]
)
def test_a_text_that_repeats_a_piece_to_the_end_is_decided_at_once(piece: str) -> None:
    for text in (piece * (LONGEST // len(piece)), (piece * LONGEST)[: LONGEST - 3] + "yes"):
        compiled(text)
