"""From the text of a condition to checked Python code, or to an error with line, column and caret."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from features.expression.check import Checker
from features.expression.code import truth_code
from features.expression.parse import parse
from features.expression.tree import Comparison, Labelled, Listed, Literal, Member, Read, Truth, parts_of, written
from features.expression.types import Live, Namespace


@dataclass(frozen=True, slots=True)
class Condition:
    """A checked condition.

    ``code`` is a Python expression that is True or False, over the variables of the namespace and ``functions``;
    facts are ``f`` there, entities ``e``. ``reads``: the names that it reads; an entity's labels are
    ``labels.<entity>``. ``limits``: what is compared with a written-out value, and that value; a list, in the order
    of the text, where there are several. ``memberships``: the pairs of a name and a list that it asks for.
    ``labels``: the entities whose labels it asks for.
    """

    text: str
    tree: Truth
    code: str
    reads: tuple[str, ...]
    limits: dict[str, Any]
    memberships: frozenset[tuple[str, str]]
    labels: frozenset[str]


def compile_condition(text: str, names: Namespace, live: Live | None = None) -> Condition:
    """Parse and type-check; raises ExpressionError. Without ``live`` nothing can be asked of lists and labels."""
    tree = Checker(text, names, live).truth(parse(text))
    asked = list(parts_of(tree))
    return Condition(
        text,
        tree,
        truth_code(tree),
        tuple(dict.fromkeys(_reads(tree))),
        _limits(tree),
        frozenset((part.name, part.list) for part in asked if isinstance(part, Listed)),
        frozenset(part.entity for part in asked if isinstance(part, Labelled)),
    )


def python_literal(value: Any) -> str:
    """A number or string as Python source that reads back as the very same value."""
    assert isinstance(value, (bool, int, float, str))
    return repr(value)


def _reads(tree: Truth) -> Iterator[str]:
    for part in parts_of(tree):
        if isinstance(part, (Read, Listed)):
            yield part.name
        elif isinstance(part, Labelled):
            yield f"labels.{part.entity}"


def _limits(tree: Truth) -> dict[str, Any]:
    several: dict[str, list[Any]] = {}
    single: dict[str, Any] = {}
    for name, limit in _compared(tree):
        values = several.setdefault(name, [])
        if not values:
            single[name] = limit
        values += limit if isinstance(limit, list) else [limit]
        if len(values) > 1:
            single[name] = values
    return single


def _compared(tree: Truth) -> Iterator[tuple[str, Any]]:
    for part in parts_of(tree):
        match part:
            case Comparison():
                for left, _, right in part.pairs():
                    if isinstance(right, Literal):
                        yield written(left), right.value
                    elif isinstance(left, Literal):
                        yield written(right), left.value
            case Member(left, items):
                yield written(left), list(items)
            case Listed(name, list_):
                yield name, f"lists.{list_}"
            case Labelled(entity, label):
                yield f"labels.{entity}", label
            case _:
                continue
