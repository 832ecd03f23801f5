"""Which single question of a condition is worth asking first, for many rules at once."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from features.expression.code import LABELS, LISTS, Spell, truth_code
from features.expression.tree import (
    All,
    Call,
    Comparison,
    Holds,
    Labelled,
    Listed,
    Literal,
    Member,
    Not,
    Read,
    Truth,
    parts_of,
)
from features.expression.types import NUMBER, STRING, Name

_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "=="}
_COSTS: dict[type, int] = {Call: 5, Listed: 4, Labelled: 4, Member: 2}
# Ranks: what an event about which nothing is known fails; what is rarely so; what divides events; what most pass.
_RARE, _SELDOM, _DIVIDES, _COMMON = range(4)


@dataclass(frozen=True, slots=True)
class Guard:
    """A question that a rule needs answered with yes. Of guards with one key, a looser one holds where another does.

    ``rank``: the lower, the rarer it holds. ``looseness``: sorts those of one key, the loosest first.
    """

    key: Hashable
    rank: int
    test: Truth
    looseness: tuple[float, bool] = (0, False)

    def code(self, spell: Spell) -> str:
        if isinstance(self.test, (Listed, Labelled)):
            # Hardly any event stands in any list or has any label.
            return spell(LISTS if isinstance(self.test, Listed) else LABELS)
        return truth_code(self.test, spell)


def conjuncts(tree: Truth) -> list[Truth]:
    """What all has to hold; a chain is taken apart."""
    match tree:
        case All(parts):
            return [one for part in parts for one in conjuncts(part)]
        case Comparison():
            return [Comparison(left, ((symbol, right),)) for left, symbol, right in tree.pairs()]
        case _:
            return [tree]


def guards_of(tree: Truth, defaults: Sequence[float]) -> list[Guard]:
    return [guard for part in conjuncts(tree) for guard in _guards(part, defaults)]


def cheapest_first(parts: Sequence[Truth], defaults: Sequence[float]) -> list[Truth]:
    """In the order in which they are best asked: what is rare, then what is cheap. Each stands for itself alone."""

    def price(part: Truth) -> tuple[int, int]:
        rank = min((guard.rank for guard in _guards(part, defaults)), default=_DIVIDES)
        return rank, sum(_COSTS.get(type(one), 1) for one in parts_of(part))

    return sorted(parts, key=price)


def _guards(part: Truth, defaults: Sequence[float]) -> Iterator[Guard]:
    match part:
        case Comparison(Read(_, known), ((symbol, Literal(value)),)) if symbol in _MIRRORED:
            yield from _compared(known, symbol, value, part, defaults)
        case Comparison(Literal(value), ((symbol, Read(_, known)),)) if symbol in _MIRRORED:
            yield from _compared(known, _MIRRORED[symbol], value, part, defaults)
        case Member(Read() as read, items, False):
            yield Guard((read.known.code, "in", items), _DIVIDES, part)
        case Holds(Read() as read) | Not(Holds(Read() as read)):
            yield Guard((read.known.code, "is", isinstance(part, Holds)), _DIVIDES, part)
        case Listed(negated=False):
            yield Guard("lists", _RARE, part)
        case Labelled(negated=False):
            yield Guard("labels", _RARE, part)


def _compared(known: Name, symbol: str, value: Any, part: Comparison, defaults: Sequence[float]) -> Iterator[Guard]:
    if known.type == STRING and symbol == "==":
        yield Guard((known.code, "==", value), _DIVIDES, part)
    if known.type != NUMBER:
        return
    rank = _SELDOM
    if known.code.startswith("v["):
        default = defaults[int(known.code[2:-1])]
        rank = _COMMON if _holds(default, symbol, value) else _RARE
    if symbol == "==":
        yield Guard((known.code, "==", value), rank, part)
    else:
        up = symbol in (">", ">=")
        way = "up" if up else "down"
        yield Guard((known.code, way), rank, part, (value if up else -value, symbol in ("<", ">")))


def _holds(value: float, symbol: str, limit: float) -> bool:
    return {
        "<": value < limit, "<=": value <= limit, ">": value > limit, ">=": value >= limit, "==": value == limit
    }[symbol]  # fmt: skip
