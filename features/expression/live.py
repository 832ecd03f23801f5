"""Questions about live state, in rules only: ``ip in lists.vpn_exits``, ``"compromised" in labels.account``."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import NoReturn

from features.expression.names import unknown
from features.expression.tree import Labelled, Listed
from features.expression.types import BOOL, NUMBER, Live, Namespace

_LISTS, _LABELS = "lists", "labels"
# The list that is always there.
_PROTECT = "protect"
Fail = Callable[[ast.AST, str], NoReturn]


def is_live(node: ast.expr) -> bool:
    """Whether this is ``lists.…`` or ``labels.…``."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id in (_LISTS, _LABELS)


def ask(
    fail: Fail, left: ast.expr, right: ast.expr, negated: bool, names: Namespace, live: Live | None
) -> Listed | Labelled:
    """The question that ``left in right`` is; ``fail`` refuses."""
    if live is None:
        fail(right, "lists and labels can be asked for in rules only")
    if not isinstance(right, ast.Attribute):
        fail(right, "expected a name behind a dot: lists.<name> or labels.<entity>")
    root, _, name = ast.unparse(right).partition(".")
    if root == _LISTS:
        return _listed(fail, left, right, name, negated, names, live)
    if name not in live.entities:
        otherwise = f"entities of this kind are {', '.join(sorted(live.entities))}"
        fail(right, unknown("entity", name, live.entities, otherwise))
    if not isinstance(left, ast.Constant) or not isinstance(left.value, str) or not left.value.strip():
        fail(left, f"expected a written-out label: write '\"compromised\" in labels.{name}'")
    return Labelled(name, left.value, negated)


def _listed(
    fail: Fail, left: ast.expr, right: ast.expr, name: str, negated: bool, names: Namespace, live: Live
) -> Listed:
    if live.lists is not None and name not in (*live.lists, _PROTECT):
        otherwise = f"lists are {', '.join(sorted(live.lists))}" if live.lists else "no list is declared"
        fail(right, unknown("list", name, live.lists, otherwise))
    if not isinstance(left, (ast.Name, ast.Attribute)):
        fail(left, "expected the name of a field or an entity: only their values stand in lists")
    asked = ast.unparse(left)
    known = names.get(asked) if asked in live.fields else None
    if known is None and asked not in live.entities:
        if asked in names:
            fail(left, f"{asked!r} is no field and no entity: only their values stand in lists")
        there = sorted({*live.fields, *live.entities})
        fail(left, unknown("name", asked, there, "it is no field and no entity of this kind"))
    if known is not None:
        of = live.lists.get(name) if live.lists is not None else None
        if known.type == BOOL:
            fail(left, f"a {BOOL} stands in no list")
        if of and (known.type == NUMBER) is not (of == "asn"):
            fail(left, f"a {known.type} is looked up in a list of values of type {of!r}")
    return Listed(asked, name, negated, known, asked in live.entities)
