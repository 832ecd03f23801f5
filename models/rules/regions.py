"""Regions: for each term which values it may have, all at once. What is not named may have any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from features.expression.tree import Value, written
from models.rules.intervals import Values
from models.rules.ranges import possible

NONE = Values(())


@dataclass(frozen=True, slots=True)
class Allowed:
    """``values``: which a term may have. ``other``: it may also be none: missing, or not a number."""

    values: Values
    other: bool = False

    @property
    def is_empty(self) -> bool:
        return self.values.is_empty and not self.other

    def meet(self, other: Allowed) -> Allowed:
        return Allowed(self.values.meet(other.values), self.other and other.other)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two terms whose order is known: of the region, a value below, at or above 0 stands for it."""

    left: Value
    right: Value


Key: TypeAlias = str | Pair
Region: TypeAlias = Mapping[Key, Allowed]


def merged(one: Region, two: Region) -> Region | None:
    """Where both hold; None: nowhere."""
    result = dict(one)
    for key, allowed in two.items():
        here = result.get(key)
        both = allowed if here is None else here.meet(allowed)
        if both.is_empty:
            return None
        result[key] = both
    return result


def is_possible(region: Region) -> bool:
    """Whether nothing contradicts, also where terms are compared with each other."""
    known = dict(region)
    pairs = [(key, allowed.values) for key, allowed in region.items() if isinstance(key, Pair) and not allowed.other]
    for _ in range(len(pairs) + 1):
        before = dict(known)
        for pair, order in pairs:
            if not _narrowed(known, pair, order):
                return False
        if known == before:
            break
    return True


def _narrowed(known: dict[Key, Allowed], pair: Pair, order: Values) -> bool:
    """Take from both terms what the other leaves no room for; False: one of them has no value left."""
    left, right = (known.get(written(term), Allowed(possible(term))).values for term in (pair.left, pair.right))
    least, most = order.least, order.most
    if most <= 0:
        left, right = _ordered(left, right, strictly=most < 0)
    if least >= 0:
        right, left = _ordered(right, left, strictly=least > 0)
    known[written(pair.left)], known[written(pair.right)] = Allowed(left), Allowed(right)
    return not left.is_empty and not right.is_empty


def _ordered(low: Values, high: Values, *, strictly: bool) -> tuple[Values, Values]:
    """``low`` lies below ``high``, or at it unless ``strictly``."""
    most, least = high.most, low.least
    if most is not None:
        low = low.meet(Values.compared("<" if strictly else "<=", most, whole=low.whole))
    if least is not None:
        high = high.meet(Values.compared(">" if strictly else ">=", least, whole=high.whole))
    return low, high
