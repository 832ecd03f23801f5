"""Type-checking: from Python's syntax tree to a condition's own, which can say nothing that is not allowed."""

from __future__ import annotations

import ast

from features.expression.arithmetic import Part
from features.expression.live import ask, is_live
from features.expression.parse import not_ours
from features.expression.tree import (
    All,
    Arithmetic,
    Call,
    Comparison,
    Holds,
    Literal,
    Member,
    Negative,
    Not,
    Operand,
    Read,
    Some,
    Truth,
)
from features.expression.types import BOOL, NUMBER, STRINGS
from features.expression.values import Values

_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


class Checker(Values):
    """Checks one text; ``truth`` gives the tree of a node that has to be a condition, or raises ExpressionError."""

    def truth(self, node: ast.expr, depth: int = 0) -> Truth:
        if isinstance(node, (ast.Compare, ast.BoolOp)) or (
            isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
        ):
            self.enter(node, depth)
            return self.condition(node, depth)
        part = self.part(node, depth)
        if part.type != BOOL:
            self.fail(node, f"expected a condition, this is a {part.type}: compare it with something")
        return _as_condition(part.node)

    def condition(self, node: ast.Compare | ast.BoolOp | ast.UnaryOp, depth: int) -> Truth:
        if isinstance(node, ast.Compare):
            return self._compare(node, depth)
        if isinstance(node, ast.UnaryOp):
            return Not(self.truth(node.operand, depth + 1))
        parts = tuple(self.truth(value, depth + 1) for value in node.values)
        return All(parts) if isinstance(node.op, ast.And) else Some(parts)

    def _compare(self, node: ast.Compare, depth: int) -> Truth:
        if any(isinstance(operator, (ast.In, ast.NotIn)) for operator in node.ops):
            return self._membership(node, depth)
        for operator in node.ops:
            if type(operator) not in _COMPARISONS:
                self.fail(node, f"{not_ours(operator)}: use ==, or missing(name)")
        nodes = [node.left, *node.comparators]
        parts = [self.part(one, depth + 1) for one in nodes]
        symbols = [_COMPARISONS[type(operator)] for operator in node.ops]
        for left, symbol, right, at in zip(parts, symbols, parts[1:], nodes[1:], strict=False):
            # In a chain the place is the second of the two.
            where = node if len(symbols) == 1 else at
            if left.type != right.type:
                self.fail(where, f"a {left.type} is compared with a {right.type}")
            if left.type == STRINGS or (left.type == BOOL and symbol not in ("==", "!=")):
                self.fail(where, f"{symbol} does not compare a {left.type}")
            if left.is_literal and right.is_literal:
                self.fail(where, "two written-out values are compared: the result never changes")
            self.one_unit(where, left, right, "compared with")
        rest = zip(symbols, (part.node for part in parts[1:]), strict=True)
        return Comparison(parts[0].node, tuple(rest))

    def _membership(self, node: ast.Compare, depth: int) -> Truth:
        if len(node.ops) > 1:
            self.fail(node, "'in' stands alone: write '… in […] and …'")
        negated, right = isinstance(node.ops[0], ast.NotIn), node.comparators[0]
        if is_live(right):
            return ask(self.fail, node.left, right, negated, self.names, self.live)
        left = self.part(node.left, depth + 1)
        if not isinstance(right, (ast.List, ast.Tuple, ast.Set)) or not right.elts:
            self.fail(
                right,
                "'in' takes a written-out list such as ['a', 'b'], or in a rule lists.name; "
                "use contains() for a part of a text",
            )
        items = []
        for item_node in right.elts:
            item = self._item(item_node)
            if item is None or item.type != left.type:
                self.fail(item_node, f"expected a written-out {left.type}")
            assert isinstance(item.node, Literal)
            items.append(item.node.value)
        return Member(left.node, tuple(items), negated)

    def _item(self, node: ast.expr) -> Part | None:
        """A written-out item of a list; the text's length bounds how many there are."""
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
            part = self.constant(node.operand)
            self.expect(node.operand, part, NUMBER)
            assert isinstance(part.node, Literal)
            return Part(Literal(-part.node.value), NUMBER)
        return self.constant(node) if isinstance(node, ast.Constant) else None


def _as_condition(node: Operand) -> Truth:
    if isinstance(node, (Literal, Read, Call)):
        return Holds(node)
    assert not isinstance(node, (Negative, Arithmetic))
    return node
