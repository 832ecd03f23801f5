"""From text to Python's own syntax tree, within bounds, or to an error with line, column and caret."""

from __future__ import annotations

import ast
import re
from typing import NoReturn

from features.errors import ExpressionError, source_lines

LONGEST = 2000
DEEPEST = 40
# Beside the written-out items of lists, of which the text's length is the bound.
MOST_PARTS = 400

_NOT_OURS: dict[type[ast.AST], str] = {
    ast.IfExp: "'… if … else …' is",
    ast.ListComp: "a comprehension is",
    ast.SetComp: "a comprehension is",
    ast.DictComp: "a comprehension is",
    ast.GeneratorExp: "a comprehension is",
    ast.Lambda: "'lambda' is",
    ast.Dict: "a dictionary is",
    ast.List: "a list is, except behind 'in',",
    ast.Tuple: "a list is, except behind 'in',",
    ast.Set: "a list is, except behind 'in',",
    ast.JoinedStr: "text with {} in it is",
    ast.NamedExpr: "':=' is",
    ast.Subscript: "'[…]' behind a value is",
    ast.Starred: "'*' in front of a value is",
    ast.Await: "'await' is",
    ast.Yield: "'yield' is",
    ast.YieldFrom: "'yield' is",
    ast.UAdd: "'+' in front of a value is",
    ast.Invert: "'~' is",
    ast.Pow: "'**' is",
    ast.FloorDiv: "'//' is",
    ast.Mod: "'%' is",
    ast.MatMult: "'@' is",
    ast.LShift: "'<<' is",
    ast.RShift: "'>>' is",
    ast.BitOr: "'|' is",
    ast.BitAnd: "'&' is",
    ast.BitXor: "'^' is",
    ast.Is: "'is' is",
    ast.IsNot: "'is not' is",
}

_LONE_EQUALS = re.compile(r"=(?!=)")
# What other languages write.
_SLIPS = {"&&": "write 'and'", "||": "write 'or'", "!": "write 'not'", "<>": "write '!='"}


def parse(text: str) -> ast.expr:
    """The one expression that the text is; raises ExpressionError."""
    if len(text) > LONGEST:
        raise ExpressionError(f"longer than {LONGEST} characters: split it into several rules", text)
    # As Python's own eval does; what stands behind it on the first line is told where it really stands.
    indent = len(text) - len(text.lstrip(" \t"))
    try:
        return _shifted(ast.parse(text[indent:], mode="eval").body, indent)
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise _refused(text, error, indent) from None


def _shifted(tree: ast.expr, indent: int) -> ast.expr:
    for node in ast.walk(tree) if indent else ():
        if getattr(node, "lineno", 0) == 1:
            node.col_offset += indent  # type: ignore[attr-defined]
        if getattr(node, "end_lineno", 0) == 1:
            node.end_col_offset += indent  # type: ignore[attr-defined]
    return tree


def _refused(text: str, error: BaseException, indent: int) -> ExpressionError:
    lines = source_lines(text)
    line, offset = min(getattr(error, "lineno", 1) or 1, len(lines)), getattr(error, "offset", 1)
    # Python counts from 1, and says 0 where the text ends too early.
    column = offset - 1 + (indent if line == 1 else 0) if offset else len(lines[line - 1])
    column = min(column, len(lines[line - 1]))
    message = getattr(error, "msg", None) or "nested too deeply or not text"
    if _is_whole_in_parentheses(text):
        message = "what takes several lines stands in parentheses"
    elif message == "invalid syntax":
        source = lines[line - 1]
        slip = next((slip for slip in _SLIPS if source.startswith(slip, max(0, column - len(slip) + 1))), None)
        if slip is not None:
            message = _SLIPS[slip]
        elif _LONE_EQUALS.match(source, column) and not source.endswith("=", 0, column):
            message = "write '=='"
        elif not source[column:].strip() and line == len(lines):
            message = "it ends where a value was expected"
    return ExpressionError(f"not an expression: {message}", text, line, column)


def _is_whole_in_parentheses(text: str) -> bool:
    if "\n" not in text:
        return False
    try:
        ast.parse(f"({text}\n)", mode="eval")
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    return True


def not_ours(node: ast.AST) -> str:
    """What of Python's syntax a condition must not use, in words."""
    return f"{_NOT_OURS.get(type(node), type(node).__name__ + ' is')} not part of the condition language"


def fail(text: str, node: ast.AST, message: str) -> NoReturn:
    """Refuse the text because of this part of it."""
    line = getattr(node, "lineno", 1)
    column = getattr(node, "col_offset", 0)
    same_line = getattr(node, "end_lineno", line) == line
    source = source_lines(text)[line - 1].encode()
    start = len(source[:column].decode())
    end = len(source[: getattr(node, "end_col_offset", column + 1)].decode()) if same_line else len(source)
    raise ExpressionError(message, text, line, start, end - start)
