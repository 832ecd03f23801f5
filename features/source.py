"""What a function does, as a digest: its code and that of what it calls, less comments, docstrings and layout."""

from __future__ import annotations

import ast
import hashlib
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from types import CodeType, FunctionType
from typing import Any

import msgspec

_PLAIN = (str, bytes, int, float, type(None))


@lru_cache(4096)
def source_digest(function: Callable[..., Any]) -> str:
    """Equal as long as the function's code, the functions of its own package that it calls, and the constants that
    they read are equal. Of what is not written in Python, the name alone counts."""
    return hashlib.blake2b(msgspec.json.encode(list(_parts(function, set()))), digest_size=8).hexdigest()


def _parts(function: Any, seen: set[int]) -> Iterator[str]:
    function = inspect.unwrap(getattr(function, "__func__", function))
    if isinstance(function, partial):
        yield repr((_plain(function.args), _plain(function.keywords)))
        yield from _parts(function.func, seen)
        return
    yield getattr(function, "__qualname__", type(function).__qualname__)
    if not isinstance(function, FunctionType) or id(function) in seen:
        return
    seen.add(id(function))
    yield _text(function)
    closed = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    read = {name: function.__globals__[name] for name in _names(function.__code__) if name in function.__globals__}
    read |= {name: cell.cell_contents for name, cell in closed if cell != type(cell)()}
    package = function.__module__.partition(".")[0]
    for name in sorted(read):
        value = inspect.unwrap(read[name]) if callable(read[name]) else read[name]
        if isinstance(value, FunctionType) and value.__module__.partition(".")[0] == package:
            yield from _parts(value, seen)
        elif (plain := _plain(value)) is not None and (name.isupper() or not isinstance(value, (dict, list, set))):
            yield f"{name} = {plain}"


def _text(function: FunctionType) -> str:
    """Its source, made uniform; what has none that stands alone (a lambda) is told by its compiled code."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return _compiled(function.__code__)
    if not (len(tree.body) == 1 and isinstance(tree.body[0], ast.FunctionDef)):
        return _compiled(function.__code__)
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


def _compiled(code: CodeType) -> str:
    inner = [_compiled(one) if isinstance(one, CodeType) else repr(_plain(one)) for one in code.co_consts]
    return f"{code.co_code.hex()} {inner} {code.co_names}"


def _names(code: CodeType) -> set[str]:
    return set(code.co_names).union(*(_names(one) for one in code.co_consts if isinstance(one, CodeType)))


def _plain(value: Any) -> str | None:
    """A constant as text, the same in every process; None: it is none."""
    if isinstance(value, _PLAIN):
        return repr(value)
    if isinstance(value, re.Pattern):
        return repr((value.pattern, value.flags))
    if isinstance(value, dict):
        value = [(key, value[key]) for key in value]
    elif isinstance(value, (set, frozenset)):
        value = sorted(value, key=repr)
    if isinstance(value, (tuple, list)):
        parts = [_plain(one) for one in value]
        return None if None in parts else repr(parts)
    return None
