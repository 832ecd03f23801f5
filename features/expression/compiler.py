"""From the text of a condition to checked Python code, or to an error with line, column and caret."""

from __future__ import annotations

import ast
import difflib
from dataclasses import dataclass, field
from typing import Any, NoReturn

from features.errors import ExpressionError, source_lines
from features.expression.functions import FUNCTIONS
from features.expression.types import BOOL, NUMBER, STRING, STRINGS, Namespace

LONGEST = 2000
_DEEPEST = 40
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
_ARITHMETIC: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}


@dataclass(frozen=True, slots=True)
class Condition:
    """A checked condition.

    ``code`` is a Python expression that is True or False, over the variables of the namespace and
    ``functions``. ``reads``: the names that it reads. ``limits``: the written-out value against which
    a name is compared, where the condition does that.
    """

    text: str
    code: str
    reads: tuple[str, ...]
    limits: dict[str, Any]


@dataclass(slots=True)
class _Part:
    """A piece of a condition: its type, its code, and what has to be present before the code may run."""

    type: str
    code: str
    needs: dict[str, None] = field(default_factory=dict)
    literal: Any = None
    name: str | None = None

    def guarded(self) -> str:
        return " and ".join([*(f"{need} is not None" for need in self.needs), self.code]) if self.needs else self.code


def compile_condition(text: str, names: Namespace) -> Condition:
    """Parse and type-check; raises ExpressionError."""
    if len(text) > LONGEST:
        raise ExpressionError(f"longer than {LONGEST} characters: split it into several rules", text)
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        line, offset = getattr(error, "lineno", 1) or 1, getattr(error, "offset", 1)
        message = getattr(error, "msg", None) or "nested too deeply or not text"
        # Python counts from 1, and says 0 where the text ends too early.
        column = offset - 1 if offset else len(source_lines(text)[min(line, text.count("\n") + 1) - 1])
        raise ExpressionError(f"not an expression: {message}", text, line, column) from None
    compiler = _Compiler(text, names)
    code = compiler.truth(tree.body, 0)
    return Condition(text, code, tuple(compiler.reads), compiler.limits)


def python_literal(value: Any) -> str:
    """A number or string as Python source that reads back as the very same value."""
    assert isinstance(value, (bool, int, float, str))
    return repr(value)


def _is_text(value: str) -> bool:
    """Whether it can be written as UTF-8, which half of a surrogate pair cannot."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


class _Compiler:
    def __init__(self, text: str, names: Namespace) -> None:
        self.text = text
        self.names = names
        self.reads: dict[str, None] = {}
        self.limits: dict[str, Any] = {}

    def fail(self, node: ast.AST, message: str) -> NoReturn:
        line = getattr(node, "lineno", 1)
        column = getattr(node, "col_offset", 0)
        same_line = getattr(node, "end_lineno", line) == line
        source = source_lines(self.text)[line - 1].encode()
        start = len(source[:column].decode())
        end = len(source[: getattr(node, "end_col_offset", column + 1)].decode()) if same_line else len(source)
        raise ExpressionError(message, self.text, line, start, end - start)

    def truth(self, node: ast.expr, depth: int) -> str:
        """Code of a node that has to be a truth value; always True or False, never None."""
        if depth > _DEEPEST:
            self.fail(node, f"nested more than {_DEEPEST} deep")
        if isinstance(node, ast.BoolOp):
            word = " and " if isinstance(node.op, ast.And) else " or "
            return "(" + word.join(self.truth(value, depth + 1) for value in node.values) + ")"
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return f"(not {self.truth(node.operand, depth + 1)})"
        part = self.part(node, depth)
        if part.type != BOOL:
            self.fail(node, f"expected a condition, this is a {part.type}: compare it with something")
        if part.name is not None:
            return f"({part.code} is True)"
        return f"({part.guarded()})"

    def part(self, node: ast.expr, depth: int) -> _Part:
        if depth > _DEEPEST:
            self.fail(node, f"nested more than {_DEEPEST} deep")
        match node:
            case ast.Constant():
                return self.constant(node)
            case ast.Name() | ast.Attribute():
                return self.name(node)
            case ast.Compare():
                return self.compare(node, depth)
            case ast.BinOp():
                return self.arithmetic(node, depth)
            case ast.UnaryOp(op=ast.USub()):
                inner = self.part(node.operand, depth + 1)
                self.expect(node.operand, inner, NUMBER)
                literal = -inner.literal if inner.literal is not None else None
                return _Part(NUMBER, f"(-{inner.code})", inner.needs, literal)
            case ast.Call():
                return self.call(node, depth)
            case ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                return _Part(BOOL, self.truth(node, depth + 1))
            case _:
                self.fail(node, f"{type(node).__name__} is not part of the condition language")

    def constant(self, node: ast.Constant) -> _Part:
        value = node.value
        if isinstance(value, bool):
            return _Part(BOOL, repr(value), literal=value)
        if isinstance(value, (int, float)) and abs(value) < 2**53:
            return _Part(NUMBER, repr(value), literal=value)
        if isinstance(value, str) and _is_text(value):
            return _Part(STRING, repr(value), literal=value)
        self.fail(node, "only numbers below 2^53, text, True and False can be written out")

    def name(self, node: ast.Name | ast.Attribute) -> _Part:
        written = ast.unparse(node)
        known = self.names.get(written)
        if known is None:
            near = difflib.get_close_matches(written, self.names, n=1, cutoff=0.5)
            hint = f": did you mean {near[0]!r}?" if near else ": it is no field and no feature of this kind"
            self.fail(node, f"unknown name {written!r}{hint}")
        self.reads[written] = None
        return _Part(known.type, known.code, {known.code: None} if known.optional else {}, name=written)

    def expect(self, node: ast.expr, part: _Part, *allowed: str) -> None:
        if part.type not in allowed:
            self.fail(node, f"expected a {' or a '.join(sorted(allowed))}, this is a {part.type}")

    def compare(self, node: ast.Compare, depth: int) -> _Part:
        if len(node.ops) > 1:
            self.fail(node, "compare two values at a time: write 'a < b and b < c'")
        operator, right_node = node.ops[0], node.comparators[0]
        left = self.part(node.left, depth + 1)
        if isinstance(operator, (ast.In, ast.NotIn)):
            return self.membership(node, left, isinstance(operator, ast.NotIn), right_node)
        symbol = _COMPARISONS.get(type(operator))
        if symbol is None:
            self.fail(node, "'is' is not part of the condition language: use ==, or missing(name)")
        right = self.part(right_node, depth + 1)
        if left.type != right.type:
            self.fail(node, f"a {left.type} is compared with a {right.type}")
        if left.type == STRINGS or (left.type == BOOL and symbol not in ("==", "!=")):
            self.fail(node, f"{symbol} does not compare a {left.type}")
        if left.literal is not None and right.literal is not None:
            self.fail(node, "two written-out values are compared: the result never changes")
        for name_part, literal_part in ((left, right), (right, left)):
            if name_part.name is not None and literal_part.literal is not None:
                self.limits[name_part.name] = literal_part.literal
        # In parentheses: beside another comparison Python would read a chain.
        return _Part(BOOL, f"({left.code} {symbol} {right.code})", left.needs | right.needs)

    def membership(self, node: ast.Compare, left: _Part, negated: bool, values: ast.expr) -> _Part:
        if not isinstance(values, (ast.List, ast.Tuple, ast.Set)) or not values.elts:
            self.fail(values, "'in' takes a written-out list such as ['a', 'b']; use contains() for a text")
        items = [self.part(item, 0) for item in values.elts]
        for item_node, item in zip(values.elts, items, strict=True):
            if item.literal is None or item.type != left.type:
                self.fail(item_node, f"expected a written-out {left.type}")
        if left.name is not None:
            self.limits[left.name] = [item.literal for item in items]
        word = "not in" if negated else "in"
        return _Part(BOOL, f"({left.code} {word} {{{', '.join(item.code for item in items)}}})", left.needs)

    def arithmetic(self, node: ast.BinOp, depth: int) -> _Part:
        symbol = _ARITHMETIC.get(type(node.op))
        if symbol is None:
            self.fail(node, f"{type(node.op).__name__} is not part of the condition language; + - * / are")
        left, right = self.part(node.left, depth + 1), self.part(node.right, depth + 1)
        self.expect(node.left, left, NUMBER)
        self.expect(node.right, right, NUMBER)
        if symbol == "/" and not right.literal:
            self.fail(node.right, "divide by a written-out number other than 0, or multiply the other side")
        # As floats a long product ends at infinity; as integers it would grow until no float can hold it.
        first = "1.0 * " if symbol == "*" else ""
        return _Part(NUMBER, f"({first}{left.code} {symbol} {right.code})", left.needs | right.needs)

    def call(self, node: ast.Call, depth: int) -> _Part:
        if not isinstance(node.func, ast.Name) or node.keywords:
            self.fail(node, "only the functions of the condition language can be called, without keywords")
        if node.func.id == "missing":
            return self.missing(node)
        function = FUNCTIONS.get(node.func.id)
        if function is None:
            near = difflib.get_close_matches(node.func.id, [*FUNCTIONS, "missing"], n=1, cutoff=0.4)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join([*FUNCTIONS, 'missing'])}"
            self.fail(node.func, f"unknown function {node.func.id!r}: {hint}")
        if len(node.args) != len(function.parameters):
            self.fail(node, f"{node.func.id} takes {len(function.parameters)} values, not {len(node.args)}")
        parts = [self.part(argument, depth + 1) for argument in node.args]
        for argument, part, allowed in zip(node.args, parts, function.parameters, strict=True):
            self.expect(argument, part, *allowed)
        if function.check is not None:
            complaint = function.check(parts[-1].literal)
            if complaint is not None:
                self.fail(node.args[-1], complaint)
        needs = {need: None for part in parts for need in part.needs}
        return _Part(function.result, f"{node.func.id}({', '.join(part.code for part in parts)})", needs)

    def missing(self, node: ast.Call) -> _Part:
        if len(node.args) != 1 or not isinstance(node.args[0], (ast.Name, ast.Attribute)):
            self.fail(node, "missing takes one name")
        return _Part(BOOL, f"({self.name(node.args[0]).code} is None)")
