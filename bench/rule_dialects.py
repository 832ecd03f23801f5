"""A checked condition in the languages of others, with the same meaning, and the values that they read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from features.catalogue import Catalogue
from features.expression.tree import (
    All,
    Arithmetic,
    Comparison,
    Holds,
    Literal,
    Member,
    Missing,
    Not,
    Operand,
    Read,
    Some,
    parts_of,
)


def values_of(catalogue: Catalogue, data: Any, vector: Sequence[float], score: float) -> dict[str, Any]:
    """All that a rule can read, under flat names; numbers as floats, as CEL mixes no kinds of them."""
    fields = {name: getattr(data, name) for name in catalogue.fields}
    features = {_flat(name): float(value) for name, value in zip(catalogue.names, vector, strict=True)}
    numbers = {n: float(v) if isinstance(v, int) and not isinstance(v, bool) else v for n, v in fields.items()}
    return {**numbers, **features, "score": score}


def in_cel(tree: Operand) -> str:
    return _written(tree, " && ", " || ", "!")


def in_rule_engine(tree: Operand) -> str:
    return _written(tree, " and ", " or ", "not ")


def _written(node: Operand, both: str, either: str, negated: str) -> str:
    def inner(part: Operand) -> str:
        return _written(part, both, either, negated)

    match node:
        case Literal(bool() as value):
            return str(value).lower()
        case Literal(int() | float() as value):
            return repr(float(value))
        case Literal(value):
            return json.dumps(value)
        case Read(name, _):
            return _flat(name)
        case Arithmetic(left, symbol, right):
            return f"({inner(left)} {symbol} {inner(right)})"
        case Holds(value):
            return f"({inner(value)} == true)"
        case Missing(of):
            return f"({inner(of)} == null)"
        case Comparison():
            pairs = [f"{inner(left)} {symbol} {inner(right)}" for left, symbol, right in node.pairs()]
            return f"({both.join([*_present(node), *pairs])})"
        case Member(of, items, is_negated):
            found = f"({inner(of)} in [{', '.join(inner(Literal(item)) for item in items)}])"
            return f"({both.join([*_present(node), negated + found if is_negated else found])})"
        case Not(of):
            return f"({negated}{inner(of)})"
        case All(parts):
            return f"({both.join(map(inner, parts))})"
        case Some(parts):
            return f"({either.join(map(inner, parts))})"
    raise TypeError(node)


def _present(node: Operand) -> list[str]:
    return [f"{_flat(p.name)} != null" for p in parts_of(node) if isinstance(p, Read) and p.known.optional]


def _flat(name: str) -> str:
    return name.replace(".", "_")
