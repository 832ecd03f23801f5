"""Where in a kind's file something is declared: an error names what is wrong, this finds its line."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from features.errors import KindError

# What an error calls a declaration, and the classes that declare it; other calls declare features.
_CLASSES = {"entity": ("Entity",), "input": ("Input", "Lookup")}
# What an error calls that which Kind is given by keyword.
_KEYWORDS = {"key": "partition_key", "target": "target"}
_NO_FEATURES = ("Entity", "Input", "Lookup", "Kind")


def line_about(path: Path, error: KindError | None = None, otherwise: int | None = None) -> int:
    """The line of the last declaration of what the error is about.

    ``otherwise``: the answer where there is none, as for a name that is put together; by default that of ``KIND``.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    about = None if error is None else error.about
    if about is not None:
        # A feature is told with its window, and declared without.
        said = re.search(rf"(\w+) {re.escape(repr(about)[:-1])}", str(error))
        called = said[1] if said else ""
        found = list(_keywords(tree, called) if called in _KEYWORDS else _declarations(tree, about, called))
        found = found or list(_fields(tree, about))
        if found:
            return max(found)
    return otherwise if otherwise is not None else max(_kind(tree), default=1)


def _declarations(tree: ast.Module, about: str, called: str) -> Iterator[int]:
    """Of calls such as ``Count("account.sent", …)`` or ``Entity(name="ip", …)``, of the sort that it is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            names = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "name")]
            made = ast.unparse(node.func).rpartition(".")[2]
            fits = made in _CLASSES[called] if called in _CLASSES else made not in _NO_FEATURES
            if fits:
                yield from (n.lineno for n in names if isinstance(n, ast.Constant) and n.value == about)


def _keywords(tree: ast.Module, called: str) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == _KEYWORDS[called]:
            yield node.value.lineno


def _fields(tree: ast.Module, about: str) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == about:
            yield node.lineno


def _kind(tree: ast.Module) -> Iterator[int]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "KIND" for t in node.targets):
            yield node.lineno
