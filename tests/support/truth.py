"""Whether a condition holds for an event: the condition language once more, in the plainest way, for the oracle."""

from __future__ import annotations

import ast
import ipaddress
import operator
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any


class _Missing(Exception):
    """A name has no value: the comparison or call that it stands in is then false."""


def holds(condition: str | None, fields: Mapping[str, Any]) -> bool:
    """None always holds. ``fields``: fields and derived inputs by name; what is absent or None is missing."""
    return condition is None or _truth(_parsed(condition), fields)


@lru_cache
def _parsed(condition: str) -> ast.expr:
    return ast.parse(condition, mode="eval").body


def _truth(node: ast.expr, fields: Mapping[str, Any]) -> bool:
    if isinstance(node, ast.BoolOp):
        together: Callable[..., bool] = all if isinstance(node.op, ast.And) else any
        return together(_truth(value, fields) for value in node.values)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return not _truth(node.operand, fields)
    try:
        return bool(_value(node, fields))
    except _Missing:
        return False


def _value(node: ast.expr, fields: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant():
            return node.value
        case ast.Name():
            if fields.get(node.id) is None:
                raise _Missing
            return fields[node.id]
        case ast.List() | ast.Tuple() | ast.Set():
            return [_value(item, fields) for item in node.elts]
        case ast.UnaryOp(op=ast.USub()):
            return -_value(node.operand, fields)
        case ast.BinOp():
            return _ARITHMETIC[type(node.op)](_value(node.left, fields), _value(node.right, fields))
        case ast.Compare():
            return _COMPARISONS[type(node.ops[0])](_value(node.left, fields), _value(node.comparators[0], fields))
        case ast.Call(func=ast.Name(id="missing"), args=[ast.Name(id=name)]):
            return fields.get(name) is None
        case ast.Call(func=ast.Name(id=name)):
            return _FUNCTIONS[name](*(_value(argument, fields) for argument in node.args))
    return _truth(node, fields)


_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.In: lambda value, values: value in values,
    ast.NotIn: lambda value, values: value not in values,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "starts_with": lambda text, part: text.startswith(part),
    "ends_with": lambda text, part: text.endswith(part),
    "contains": lambda whole, part: part in whole,
    "lower": lambda text: text.lower(),
    "length": len,
    "in_network": lambda address, network: ipaddress.ip_address(address) in ipaddress.ip_network(network),
    "abs": abs,
    "min": min,
    "max": max,
}
