"""A single question as regions: where its answer is yes, and where it is no."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeGuard

from features.expression.tree import (
    Arithmetic,
    Atom,
    Call,
    Comparison,
    Holds,
    Labelled,
    Listed,
    Literal,
    Member,
    Missing,
    Negative,
    Operand,
    Read,
    Value,
    parts_of,
    written,
)
from models.rules.intervals import Values
from models.rules.ranges import may_be_nan, possible
from models.rules.regions import NONE, Allowed, Pair, Region

_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_ORDERS: dict[str, tuple[int, ...]] = {
    "<": (-1,),
    "<=": (-1, 0),
    ">": (1,),
    ">=": (0, 1),
    "==": (0,),
    "!=": (-1, 1),
}


def regions_of(atom: Atom, answer: bool) -> list[Region]:
    """Where the answer is ``answer``: in any of these."""
    return [region for region in _regions(atom, answer) if not any(one.is_empty for one in region.values())]


def _regions(atom: Atom, answer: bool) -> Iterator[Region]:
    match atom:
        case Comparison(left, ((symbol, Literal(limit)),)) if _is_value(left):
            yield from _within(left, Values.compared(symbol, _number(limit)), answer, symbol == "!=")
        case Comparison(Literal(limit), ((symbol, right),)) if _is_value(right):
            yield from _within(right, Values.compared(_MIRRORED[symbol], _number(limit)), answer, symbol == "!=")
        case Comparison(left, ((symbol, right),)) if _is_value(left) and _is_value(right):
            yield from _ordered(left, symbol, right, answer)
        case Member(of, items, negated) if _is_value(of):
            inside = Values.points(map(_number, items))
            yield from _within(of, inside.rest() if negated else inside, answer, negated)
        case Holds(Literal(value)):
            if value is answer:
                yield {}
        case Holds(of):
            yield from _within(of, Values.points([1]), answer, False)
        case Missing(of):
            yield {of.name: Allowed(NONE, of.known.optional) if answer else Allowed(possible(of))}
        case Listed(name, list_, negated):
            yield from _found(f"{name} in lists.{list_}", negated, answer, *_presence(atom))
        case Labelled(entity, label, negated):
            there = f"{entity} is there"
            yield from _found(
                f"{label!r} in labels.{entity}", negated, answer, _flag(there, True), _flag(there, False)
            )
        case _:
            yield _flag(written(atom), answer)


def _is_value(node: Operand) -> TypeGuard[Value]:
    return isinstance(node, (Literal, Read, Negative, Arithmetic, Call))


def _number(literal: Any) -> Any:
    """Truth values are 0 and 1 here."""
    return int(literal) if isinstance(literal, bool) else literal


def _flag(key: str, value: bool) -> Region:
    return {key: Allowed(Values.points([int(value)], whole=True))}


def _within(term: Value, inside: Values, answer: bool, nan_passes: bool) -> Iterator[Region]:
    """Where a term's value is inside: never, where something in it is missing."""
    values = possible(term).meet(inside if answer else inside.rest())
    yield {**_present(term), written(term): Allowed(values, may_be_nan(term) and nan_passes is answer)}
    if not answer:
        yield from _absent(term)


def _ordered(left: Value, symbol: str, right: Value, answer: bool) -> Iterator[Region]:
    """Where two terms stand so to each other."""
    if written(left) > written(right):
        left, symbol, right = right, _MIRRORED[symbol], left
    orders = set(_ORDERS[symbol]) if answer else {-1, 0, 1} - set(_ORDERS[symbol])
    nan = (may_be_nan(left) or may_be_nan(right)) and (symbol == "!=") is answer
    order = Allowed(Values.points(orders & _possible_orders(left, right), whole=True), nan)
    yield {**_present(left), **_present(right), Pair(left, right): order}
    if not answer:
        yield from _absent(left)
        yield from _absent(right)


def _possible_orders(left: Value, right: Value) -> set[int]:
    if written(left) == written(right):
        return {0}
    one, two = possible(left), possible(right)
    orders = {-1, 0, 1}
    if one.most is not None and two.least is not None and one.most <= two.least:
        orders -= {1} if one.most == two.least else {0, 1}
    if one.least is not None and two.most is not None and one.least >= two.most:
        orders -= {-1} if one.least == two.most else {0, -1}
    return orders


def _present(term: Value) -> Region:
    reads = (part for part in parts_of(term) if isinstance(part, Read) and part.known.optional)
    return {read.name: Allowed(possible(read)) for read in reads}


def _absent(term: Value) -> Iterator[Region]:
    for name in _present(term):
        yield {name: Allowed(NONE, True)}


def _found(key: str, negated: bool, answer: bool, there: Region, gone: Region | None) -> Iterator[Region]:
    """Where something is found, or with ``negated`` is not; of what is not there neither is so."""
    yield {**_flag(key, answer is not negated), **(there if answer else {})}
    if negated and not answer and gone is not None:
        yield gone


def _presence(atom: Listed) -> tuple[Region, Region | None]:
    """Where the value that is looked up is there, and where it is not; None: it always is."""
    known = atom.known
    if known is not None and not known.optional:
        return {}, None
    if known is None or atom.is_entity:
        return _flag(f"{atom.name} is there", True), _flag(f"{atom.name} is there", False)
    read = Read(atom.name, known)
    return {atom.name: Allowed(possible(read))}, {atom.name: Allowed(NONE, True)}
