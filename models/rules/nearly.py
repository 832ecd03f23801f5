"""What almost fired: rules of which a single comparison stood in the way, and how far it was from its limit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from features.expression.code import truth_code, value_code
from features.expression.tree import (
    All,
    Comparison,
    Holds,
    Labelled,
    Listed,
    Literal,
    Member,
    Missing,
    Not,
    Operand,
    Some,
    Truth,
    written,
)
from models.judge import Question
from models.rules.generate import computed
from models.rules.rule import Rule
from models.rules.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Nearly:
    """A rule that did not fire, and the one part of its condition that had to come out otherwise.

    ``part``: as it is written; a ``not`` around it is told by ``should``, what it would have had to be. ``observed``:
    the values on its sides that are not written out, by how they are written; None where they are missing.
    ``limit``: the other side of a comparison. ``distance``: between numbers, from 0 to 2, their difference as a share
    of the larger one; None where nothing can be measured.
    """

    rule: Rule
    part: str
    should: bool
    observed: dict[str, Any]
    limit: Any
    distance: float | None


def nearly(rules: Iterable[Rule], vocabulary: Vocabulary, question: Question) -> list[Nearly]:
    """The nearest first; those where nothing can be measured come last, in the order of the rules.

    Where that is all of a rule's condition it is left out: every other event is as near to it.
    """
    found = []
    for rule in rules:
        tree = vocabulary.condition(rule.when).tree
        one = _nearest(_flips(tree, True, _Asked(question)))
        if one is not None and (one[4] is not None or isinstance(tree, (All, Some))):
            found.append(Nearly(rule, *one))
    return sorted(found, key=lambda one: math.inf if one.distance is None else one.distance)


_Flip = tuple[str, bool, dict[str, Any], Any, float | None]


class _Asked:
    """What parts of a condition come to, for one question."""

    def __init__(self, question: Question) -> None:
        self._on = (question.data, question.vector, question.score, question.facts, question.entities)

    def truth(self, node: Truth) -> bool:
        return bool(computed([truth_code(node)])(*self._on)[0])

    def value(self, node: Operand) -> Any:
        return computed([value_code(node)])(*self._on)[0]


def _flips(node: Truth, wanted: bool, asked: _Asked) -> Iterator[_Flip]:
    """Each single part that would make the node what is wanted, if it came out otherwise; none if several have to."""
    if asked.truth(node) is wanted:
        return
    match node:
        case Not(of):
            yield from _flips(of, not wanted, asked)
        case All(parts):
            yield from _among(parts, wanted, wanted, asked)
        case Some(parts):
            yield from _among(parts, wanted, not wanted, asked)
        case Comparison():
            pairs = [Comparison(left, ((symbol, right),)) for left, symbol, right in node.pairs()]
            if len(pairs) > 1:
                yield from _among(pairs, wanted, wanted, asked)
            else:
                yield _compared(node, wanted, asked)
        case Holds(value):
            yield written(node), wanted, {written(value): asked.value(value)}, None, None
        case Member(value, items, _):
            yield written(node), wanted, {written(value): asked.value(value)}, list(items), None
        case Listed() | Labelled():
            yield written(node), wanted, {}, None, None
        case Missing(of):
            yield written(node), wanted, {of.name: asked.value(of)}, None, None


def _among(parts: Sequence[Truth], wanted: bool, every: bool, asked: _Asked) -> Iterator[_Flip]:
    """``every``: whether all of the parts have to be what is wanted, so that only one of them may not be so yet."""
    others = [part for part in parts if asked.truth(part) is not wanted]
    if every and len(others) > 1:
        return
    for part in others:
        yield from _flips(part, wanted, asked)


def _compared(node: Comparison, wanted: bool, asked: _Asked) -> _Flip:
    left, ((_, right),) = node.first, node.rest
    values = {side: asked.value(side) for side in (left, right)}
    observed = {written(side): value for side, value in values.items() if not isinstance(side, Literal)}
    limit = values[left] if isinstance(left, Literal) else values[right]
    return written(node), wanted, observed, limit, _distance(values[left], values[right])


def _distance(left: Any, right: Any) -> float | None:
    for value in (left, right):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            return None
    larger = max(abs(left), abs(right))
    # Nothing, where there has to be anything, is as far off as can be.
    return abs(left - right) / larger if larger else 1.0


def _nearest(flips: Iterable[_Flip]) -> _Flip | None:
    return min(flips, key=lambda flip: math.inf if flip[4] is None else flip[4], default=None)
