"""Conditions with one slip of the pen in them: what a rule's cases have to notice."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from copy import deepcopy

_STRICT = {ast.GtE: ast.Gt, ast.Gt: ast.GtE, ast.LtE: ast.Lt, ast.Lt: ast.LtE}


def mutants(when: str) -> Iterator[str]:
    """The condition with, each time, one comparison that takes or leaves its limit, one limit moved by the smallest
    step (1, or 0.01 for a fraction) up or down, or one part left out."""
    original = ast.parse(when, mode="eval")
    for position in range(len(list(ast.walk(original)))):
        for change in (_strictness, _higher, _lower, _dropped):
            for number in range(_choices(original, position)):
                tree = deepcopy(original)
                if change(list(ast.walk(tree))[position], number):
                    yield ast.unparse(tree)


def _choices(tree: ast.AST, position: int) -> int:
    node = list(ast.walk(tree))[position]
    return len(_parts(node)) or 1


def _parts(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.BoolOp):
        return node.values
    return node.elts if isinstance(node, ast.List) else []


def _strictness(node: ast.AST, number: int) -> bool:
    if number or not isinstance(node, ast.Compare) or type(node.ops[0]) not in _STRICT:
        return False
    node.ops[0] = _STRICT[type(node.ops[0])]()
    return True


def _higher(node: ast.AST, number: int) -> bool:
    return not number and _moved(node, 1)


def _lower(node: ast.AST, number: int) -> bool:
    return not number and _moved(node, -1)


def _moved(node: ast.AST, direction: int) -> bool:
    if not isinstance(node, ast.Compare) or type(node.ops[0]) not in _STRICT:
        return False
    limit = node.comparators[0]
    if not isinstance(limit, ast.Constant) or not isinstance(limit.value, int | float):
        return False
    step = 1 if limit.value == int(limit.value) else 0.01
    node.comparators[0] = ast.Constant(round(limit.value + direction * step, 2))
    return True


def _dropped(node: ast.AST, number: int) -> bool:
    parts = _parts(node)
    if len(parts) < 2:
        return False
    del parts[number]
    return True
