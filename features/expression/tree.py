"""A checked condition as a tree: what is generated, explained and reasoned about, never the text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from features.expression.types import Name


@dataclass(frozen=True, slots=True)
class Literal:
    """A written-out number, text or truth value."""

    value: Any


@dataclass(frozen=True, slots=True)
class Read:
    """The value of a field, a feature or a score."""

    name: str
    known: Name


@dataclass(frozen=True, slots=True)
class Negative:
    of: Value


@dataclass(frozen=True, slots=True)
class Arithmetic:
    left: Value
    symbol: str
    right: Value


@dataclass(frozen=True, slots=True)
class Call:
    """``type``: what the function gives."""

    function: str
    arguments: tuple[Value, ...]
    type: str


@dataclass(frozen=True, slots=True)
class Holds:
    """A field, call or literal that is a truth value, taken as a condition."""

    of: Value


@dataclass(frozen=True, slots=True)
class Comparison:
    """``first``, then each symbol with what stands behind it: several make a chain, as in Python."""

    first: Operand
    rest: tuple[tuple[str, Operand], ...]

    def pairs(self) -> Iterator[tuple[Operand, str, Operand]]:
        left = self.first
        for symbol, right in self.rest:
            yield left, symbol, right
            left = right


@dataclass(frozen=True, slots=True)
class Member:
    """Whether a value is one of those written out."""

    of: Operand
    items: tuple[Any, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """Whether a value stands in a named list: that of the field ``known``, that of the entity of this name, or either
    of both, where there are both."""

    name: str
    list: str
    negated: bool
    known: Name | None
    is_entity: bool


@dataclass(frozen=True, slots=True)
class Labelled:
    """Whether an entity of the event carries a label."""

    entity: str
    label: str
    negated: bool


@dataclass(frozen=True, slots=True)
class Missing:
    of: Read


@dataclass(frozen=True, slots=True)
class Not:
    of: Truth


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Truth, ...]


@dataclass(frozen=True, slots=True)
class Some:
    parts: tuple[Truth, ...]


Value: TypeAlias = Literal | Read | Negative | Arithmetic | Call
Atom: TypeAlias = Holds | Comparison | Member | Listed | Labelled | Missing
Truth: TypeAlias = Atom | Not | All | Some
Operand: TypeAlias = Value | Truth


def atoms(tree: Truth) -> Iterator[Atom]:
    """The single questions of a condition, in the order in which they are written; a chain is one for each pair."""
    match tree:
        case Not(of):
            yield from atoms(of)
        case All(parts) | Some(parts):
            for part in parts:
                yield from atoms(part)
        case Comparison():
            yield from (Comparison(left, ((symbol, right),)) for left, symbol, right in tree.pairs())
        case _:
            yield tree


def parts_of(node: Operand) -> Iterator[Operand]:
    """The node itself and all that it is made of, in the order in which it is written."""
    yield node
    match node:
        case Negative() | Not() | Holds() | Missing() | Member():
            yield from parts_of(node.of)
        case Arithmetic(left, _, right):
            yield from parts_of(left)
            yield from parts_of(right)
        case Call(_, many) | All(many) | Some(many):
            for one in many:
                yield from parts_of(one)
        case Comparison(first, rest):
            yield from parts_of(first)
            for _, behind in rest:
                yield from parts_of(behind)


def written(node: Operand) -> str:
    """A part of a condition as text that reads the same, in one spelling."""
    match node:
        case Literal(value):
            return repr(value)
        case Read(name, _):
            return name
        case Negative(of):
            return f"-{_wrapped(of, Arithmetic, Negative)}"
        case Arithmetic(left, symbol, right):
            return f"{_wrapped(left, Arithmetic)} {symbol} {_wrapped(right, Arithmetic)}"
        case Call(function, arguments, _):
            return f"{function}({', '.join(map(written, arguments))})"
        case Holds(value):
            return written(value)
        case Comparison(first, rest):
            return " ".join([_side(first), *(f"{symbol} {_side(right)}" for symbol, right in rest)])
        case Member(value, items, negated):
            return f"{_side(value)} {_in(negated)} [{', '.join(map(repr, items))}]"
        case Listed(name, list_, negated):
            return f"{name} {_in(negated)} lists.{list_}"
        case Labelled(entity, label, negated):
            return f"{label!r} {_in(negated)} labels.{entity}"
        case Missing(of):
            return f"missing({of.name})"
        case Not(of):
            return f"not {_wrapped(of, Comparison, Member, Listed, Labelled, Not, All, Some)}"
        case All(parts):
            return " and ".join(_wrapped(part, All, Some) for part in parts)
        case Some(parts):
            return " or ".join(_wrapped(part, All, Some) for part in parts)


def _side(node: Operand) -> str:
    """What stands beside a comparison's symbol: another condition only in parentheses."""
    return _wrapped(node, Comparison, Member, Listed, Labelled, Not, All, Some)


def _wrapped(node: Operand, *compound: type) -> str:
    return f"({written(node)})" if isinstance(node, compound) else written(node)


def _in(negated: bool) -> str:
    return "not in" if negated else "in"
