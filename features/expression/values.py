"""Checking values: names, what is written out, arithmetic and calls, each with its type and unit."""

from __future__ import annotations

import ast
import difflib
from abc import ABC, abstractmethod
from typing import NoReturn

from features.expression.arithmetic import MOST, Part, folded, grown
from features.expression.functions import FUNCTIONS, MISSING
from features.expression.live import is_live
from features.expression.names import unknown
from features.expression.parse import DEEPEST, MOST_PARTS, fail, not_ours
from features.expression.tree import Arithmetic, Call, Literal, Missing, Negative, Read, Truth
from features.expression.types import BOOL, NUMBER, STRING, Live, Namespace
from features.expression.units import PLAIN, in_words, product

_ARITHMETIC: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}


class Values(ABC):
    """Checks the values of one text; raises ExpressionError."""

    def __init__(self, text: str, names: Namespace, live: Live | None) -> None:
        self._text = text
        self.names = names
        self.live = live
        self._parts = 0

    def fail(self, node: ast.AST, message: str) -> NoReturn:
        fail(self._text, node, message)

    @abstractmethod
    def condition(self, node: ast.Compare | ast.BoolOp | ast.UnaryOp, depth: int) -> Truth:
        """The tree of a node that is a comparison or made of conditions."""

    def enter(self, node: ast.expr, depth: int) -> None:
        self._parts += 1
        if depth > DEEPEST:
            self.fail(node, f"nested more than {DEEPEST} deep")
        if self._parts > MOST_PARTS:
            self.fail(node, f"more than {MOST_PARTS} parts: split it into several rules")

    def part(self, node: ast.expr, depth: int) -> Part:
        self.enter(node, depth)
        match node:
            case ast.Constant():
                return self.constant(node)
            case ast.Name() | ast.Attribute():
                return self._name(node)
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                return Part(self.condition(node, depth), BOOL)
            case ast.BinOp():
                return self._arithmetic(node, depth)
            case ast.UnaryOp(op=ast.USub()):
                return self._negative(node, depth)
            case ast.Call():
                return self._call(node, depth)
            case ast.UnaryOp():
                self.fail(node, not_ours(node.op))
            case _:
                self.fail(node, not_ours(node))

    def constant(self, node: ast.Constant) -> Part:
        value = node.value
        if isinstance(value, bool):
            return Part(Literal(value), BOOL)
        if isinstance(value, (int, float)) and abs(value) < MOST:
            return Part(Literal(value), NUMBER, bits=int(abs(value)).bit_length())
        if isinstance(value, str) and _is_text(value):
            return Part(Literal(value), STRING)
        if value is None:
            self.fail(node, "None is not part of the condition language: write missing(name)")
        self.fail(node, "only numbers below 2^53, text, True and False can be written out")

    def _name(self, node: ast.Name | ast.Attribute) -> Part:
        written = ast.unparse(node)
        known = self.names.get(written)
        if known is None:
            if is_live(node):
                self.fail(node, f"{written} can stand only behind 'in'")
            if self.live is not None and written in self.live.entities:
                self.fail(node, f"{written!r} is an entity: rules ask whether it is in a list, or for its labels")
            self.fail(node, unknown("name", written, self.names, "it is no field and no feature of this kind"))
        return Part(Read(written, known), known.type, known.unit if known.type == NUMBER else None)

    def expect(self, node: ast.expr, part: Part, *allowed: str) -> None:
        if part.type not in allowed:
            self.fail(node, f"expected a {' or a '.join(sorted(allowed))}, this is a {part.type}")

    def one_unit(self, node: ast.expr, left: Part, right: Part, done: str) -> str | None:
        """The unit of both; what is written out has none of its own."""
        if left.unit is None or right.unit is None or left.unit == right.unit:
            return right.unit if left.unit is None else left.unit
        self.fail(node, f"{in_words(left.unit)} are {done} {in_words(right.unit)}")

    def _negative(self, node: ast.UnaryOp, depth: int) -> Part:
        inner = self.part(node.operand, depth + 1)
        self.expect(node.operand, inner, NUMBER)
        if isinstance(inner.node, Literal):
            return Part(Literal(-inner.node.value), NUMBER, bits=inner.bits)
        return Part(Negative(_value(inner)), NUMBER, inner.unit, inner.bits)

    def _arithmetic(self, node: ast.BinOp, depth: int) -> Part:
        symbol = _ARITHMETIC.get(type(node.op))
        if symbol is None:
            self.fail(node, f"{not_ours(node.op)}; + - * / are")
        left, right = self.part(node.left, depth + 1), self.part(node.right, depth + 1)
        self.expect(node.left, left, NUMBER)
        self.expect(node.right, right, NUMBER)
        if symbol == "/" and not (isinstance(right.node, Literal) and right.node.value):
            self.fail(node.right, "divide by a written-out number other than 0, or multiply the other side")
        if isinstance(left.node, Literal) and isinstance(right.node, Literal):
            constant = folded(left.node, symbol, right.node)
            if constant is None:
                self.fail(node, "these written-out numbers come to more than 2^53")
            return Part(constant, NUMBER)
        bits = grown(left, symbol, right)
        if bits is None:
            self.fail(node, "this may grow beyond 2^1000: multiply fewer names")
        if symbol in "*/":
            unit = product(left.unit, right.unit)
        else:
            unit = self.one_unit(node, left, right, "added to" if symbol == "+" else "reduced by")
        return Part(Arithmetic(_value(left), symbol, _value(right)), NUMBER, unit, bits)

    def _call(self, node: ast.Call, depth: int) -> Part:
        if not isinstance(node.func, ast.Name) or node.keywords:
            self.fail(
                node, f"only the functions of the condition language can be called, without keywords{_instead(node)}"
            )
        name = node.func.id
        if name == MISSING:
            return Part(self._missing(node), BOOL)
        function = FUNCTIONS.get(name)
        if function is None:
            known = [*FUNCTIONS, MISSING]
            self.fail(node.func, unknown("function", name, known, f"there are {', '.join(known)}"))
        if len(node.args) != len(function.parameters):
            self.fail(node, f"{name} takes {len(function.parameters)} values, not {len(node.args)}")
        parts = [self.part(argument, depth + 1) for argument in node.args]
        for argument, part, allowed in zip(node.args, parts, function.parameters, strict=True):
            self.expect(argument, part, *allowed)
        if function.check is not None:
            last = parts[-1].node
            complaint = function.check(last.value if isinstance(last, Literal) else None)
            if complaint is not None:
                self.fail(node.args[-1], complaint)
        call = Call(name, tuple(_value(part) for part in parts), function.result)
        if function.result != NUMBER:
            return Part(call, function.result)
        if parts[0].type != NUMBER:
            return Part(call, NUMBER, PLAIN)
        unit = parts[0].unit if len(parts) == 1 else self.one_unit(node, parts[0], parts[1], "mixed with")
        return Part(call, NUMBER, unit, max(part.bits for part in parts))

    def _missing(self, node: ast.Call) -> Missing:
        if len(node.args) != 1 or not isinstance(node.args[0], (ast.Name, ast.Attribute)):
            self.fail(node, "missing takes one name")
        read = self._name(node.args[0]).node
        assert isinstance(read, Read)
        return Missing(read)


def _value(part: Part) -> Literal | Read | Negative | Arithmetic | Call:
    assert isinstance(part.node, (Literal, Read, Negative, Arithmetic, Call))
    return part.node


def _is_text(value: str) -> bool:
    """Whether it can be written as UTF-8, which half of a surrogate pair cannot."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _instead(node: ast.Call) -> str:
    """What to write for a method that a function stands for: ``starts_with(country, …)``."""
    if not isinstance(node.func, ast.Attribute):
        return ""
    near = difflib.get_close_matches(node.func.attr, FUNCTIONS, n=1, cutoff=0.7)
    return f": write {near[0]}({ast.unparse(node.func.value)}, ...)" if near else ""
