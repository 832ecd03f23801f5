"""What values a term of a condition can have, by what is declared about the names in it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from features.expression.tree import Arithmetic, Call, Literal, Negative, Operand, Read, Value, parts_of
from features.expression.types import BOOL, NUMBER, STRING
from models.rules.intervals import ALL, Span, Values

TRUTH = Values.points([0, 1], whole=True)
_Bound = float | None


def possible(term: Value) -> Values:
    """All values that it can have where nothing that it reads is missing; rather too many than too few."""
    match term:
        case Literal(value):
            return Values.points([int(value) if isinstance(value, bool) else value], whole=_is_whole(value))
        case Read(_, known) if known.type == BOOL:
            return TRUTH
        case Read(_, known) if known.type == NUMBER:
            return Values.of([Span(known.least, known.most)], whole=known.whole)
        case Read(_, known) if known.type == STRING and known.choices is not None:
            return Values.points(known.choices)
        case Negative(of):
            inner = possible(of)
            return _between(_negated(inner.most), _negated(inner.least), whole=inner.whole)
        case Arithmetic(left, symbol, right):
            return _computed(possible(left), symbol, possible(right))
        case Call():
            return _called(term)
        case _:
            return ALL


def may_be_nan(term: Operand) -> bool:
    """Whether floats could overflow in it and come to what is not a number."""
    return not isinstance(term, (Literal, Read)) and any(
        isinstance(part, Arithmetic) and not possible(part).whole for part in parts_of(term)
    )


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) or (isinstance(value, float) and value.is_integer())


def _between(low: _Bound, high: _Bound, *, whole: bool) -> Values:
    return Values.of([Span(low, high)], whole=whole)


def _negated(bound: _Bound) -> _Bound:
    return None if bound is None else -bound


def _computed(left: Values, symbol: str, right: Values) -> Values:
    # A quotient of whole numbers need not be one.
    whole = left.whole and right.whole and symbol != "/"
    operation = _OPERATIONS[symbol]
    ends = [operation(a, b) for a in _ends(left) for b in _ends(right)]
    return _between(_rounded(min(ends), -math.inf), _rounded(max(ends), math.inf), whole=whole)


def _ends(values: Values) -> tuple[float, float]:
    low, high = values.least, values.most
    return (-math.inf if low is None else low), (math.inf if high is None else high)


def _rounded(bound: float, outward: float) -> _Bound:
    """What floats come to may lie beside the exact value: one step outward holds it."""
    if math.isinf(bound) or math.isnan(bound):
        return None
    return bound if isinstance(bound, int) else math.nextafter(bound, outward)


def _times(one: float, two: float) -> float:
    return 0 if one == 0 or two == 0 else one * two


_OPERATIONS: dict[str, Callable[[float, float], float]] = {
    "+": lambda one, two: one + two,
    "-": lambda one, two: one - two,
    "*": _times,
    "/": lambda one, two: one / two,
}


def _called(call: Call) -> Values:
    if call.type == BOOL:
        return TRUTH
    if call.function == "length":
        return _between(0, None, whole=True)
    if call.type != NUMBER:
        return ALL
    inner = [possible(argument) for argument in call.arguments]
    whole = all(values.whole for values in inner)
    ends = [_ends(values) for values in inner]
    if call.function == "abs":
        ((low, high),) = ends
        least = 0 if low <= 0 <= high else min(abs(low), abs(high))
        return _between(_finite(least), _finite(max(abs(low), abs(high))), whole=whole)
    pick = min if call.function == "min" else max
    lows, highs = zip(*ends, strict=True)
    return _between(_finite(pick(lows)), _finite(pick(highs)), whole=whole)


def _finite(bound: float) -> _Bound:
    return None if math.isinf(bound) else bound
