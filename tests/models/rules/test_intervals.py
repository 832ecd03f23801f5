"""Sets of values: they answer as a set of points would."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.intervals import ALL, Span, Values

# Half steps tell open bounds from closed ones.
POINTS = [number / 2 for number in range(-8, 9)]
_limits = st.integers(-3, 3)
_sets = st.recursive(
    st.builds(Values.compared, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), _limits)
    | st.builds(Values.points, st.lists(_limits, max_size=3)),
    lambda inner: st.builds(Values.meet, inner, inner) | st.builds(Values.rest, inner),
    max_leaves=6,
)


def holds(values: Values, point: Any) -> bool:
    return not values.meet(Values.points([point])).is_empty


@given(_sets, _sets)
def test_what_two_sets_share_is_what_both_have(one: Values, two: Values) -> None:
    for point in POINTS:
        assert holds(one.meet(two), point) is (holds(one, point) and holds(two, point))


@given(_sets)
def test_the_rest_of_a_set_is_what_it_has_not(values: Values) -> None:
    for point in POINTS:
        assert holds(values.rest(), point) is not holds(values, point)
    assert values.meet(values.rest()).is_empty


@pytest.mark.parametrize(
    ("symbol", "inside"),
    [("<", [1]), ("<=", [1, 2]), (">", [3]), (">=", [2, 3]), ("==", [2]), ("!=", [1, 3])],
)
def test_a_comparison_is_the_set_of_what_fulfils_it(symbol: str, inside: list[int]) -> None:
    assert [point for point in (1, 2, 3) if holds(Values.compared(symbol, 2), point)] == inside


def test_between_two_neighbours_there_is_no_whole_number() -> None:
    assert not Values.compared(">", 5).meet(Values.compared("<", 6)).is_empty
    assert Values.compared(">", 5, whole=True).meet(Values.compared("<", 6)).is_empty
    assert Values.compared("==", 5.5, whole=True).is_empty
    assert Values.compared("!=", 5, whole=True).spans == (Span(None, 4), Span(6, None))
    assert Values.compared("<", 5.5, whole=True).most == 5


def test_texts_are_ordered_too() -> None:
    assert Values.compared("==", "a").meet(Values.compared("==", "b")).is_empty
    assert Values.compared("<", "b").meet(Values.compared(">", "a")).spans == (Span("a", "b", True, True),)
    assert ALL.meet(Values.points("cab")).spans == (Span("a", "a"), Span("b", "b"), Span("c", "c"))


def test_bounds_are_those_of_the_whole_set() -> None:
    values = Values.points([3, 1])
    assert (values.least, values.most) == (1, 3)
    assert (ALL.least, ALL.most) == (None, None)
    assert (values.rest().least, values.rest().most) == (None, None)
