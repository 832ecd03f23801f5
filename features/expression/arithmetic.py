"""Arithmetic that stays what Python makes of it: constants are computed once, and nothing can grow without bound."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass

from features.expression.tree import Literal, Operand

# Below this every float holds every whole number exactly.
MOST = 2**53
# Beyond 1023 Python could not compare some of these with a float's arithmetic.
_MOST_BITS = 1000
_BITS = 53
_OPERATIONS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


@dataclass(frozen=True, slots=True)
class Part:
    """A checked value. ``unit``: None of what is written out, which goes with any. ``bits``: of a whole number."""

    node: Operand
    type: str
    unit: str | None = None
    bits: int = _BITS

    @property
    def is_literal(self) -> bool:
        return isinstance(self.node, Literal)


def folded(left: Literal, symbol: str, right: Literal) -> Literal | None:
    """What two written-out numbers come to; None if that is no number below 2^53."""
    value = _OPERATIONS[symbol](left.value, right.value)
    return Literal(value) if math.isfinite(value) and abs(value) < MOST else None


def grown(left: Part, symbol: str, right: Part) -> int | None:
    """How many bits the whole number can have that comes of two; None: more than a float can meet."""
    if symbol == "/":
        return _BITS
    bits = left.bits + right.bits if symbol == "*" else max(left.bits, right.bits) + 1
    return bits if bits <= _MOST_BITS else None
