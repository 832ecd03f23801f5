"""Whether a condition can hold at all, and whether one holds wherever another does.

A condition becomes a union of regions. Where there are too many, or terms depend on each other in ways that are not
looked at, nothing is claimed; what is claimed is so for all values within the declared ranges.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from features.expression.tree import All, Comparison, Not, Some, Truth
from models.rules.atoms import regions_of
from models.rules.regions import Region, is_possible, merged

_MOST_REGIONS = 512


class _TooManyError(Exception):
    """More regions than are looked at."""


class Reasoned:
    """A condition with its regions, computed when they are first asked for; None: there are too many."""

    def __init__(self, tree: Truth) -> None:
        self.tree = tree

    @cached_property
    def where_true(self) -> list[Region] | None:
        return _possible_regions(self.tree, True)

    @cached_property
    def where_false(self) -> list[Region] | None:
        return _possible_regions(self.tree, False)

    @property
    def is_never_true(self) -> bool:
        return self.where_true == []

    @property
    def is_always_true(self) -> bool:
        return self.where_false == []

    def implies(self, other: Reasoned) -> bool:
        """Whether the other certainly holds wherever this one does."""
        if self.where_true is None or other.where_false is None:
            return False
        return not any(
            both is not None and is_possible(both)
            for one in self.where_true
            for two in other.where_false
            if (both := merged(one, two)) is not None
        )


def excluding(parts: Sequence[Truth]) -> tuple[Truth, ...]:
    """Of conditions that never hold together: one that never holds, or two that exclude each other, or none."""
    for part in parts:
        if Reasoned(part).is_never_true:
            return (part,)
    for number, one in enumerate(parts):
        for two in parts[number + 1 :]:
            if Reasoned(All((one, two))).is_never_true:
                return one, two
    return ()


def _possible_regions(tree: Truth, answer: bool) -> list[Region] | None:
    try:
        return [region for region in _regions(tree, answer) if is_possible(region)]
    except _TooManyError:
        return None


def _regions(tree: Truth, answer: bool) -> list[Region]:
    match tree:
        case Not(of):
            return _regions(of, not answer)
        case All(parts):
            return _together(parts, answer) if answer else _either(parts, answer)
        case Some(parts):
            return _either(parts, answer) if answer else _together(parts, answer)
        case Comparison(_, rest) if len(rest) > 1:
            pairs = tuple(Comparison(left, ((symbol, right),)) for left, symbol, right in tree.pairs())
            return _regions(All(pairs), answer)
        case _:
            return regions_of(tree, answer)


def _together(parts: Sequence[Truth], answer: bool) -> list[Region]:
    """Where all of the parts answer so."""
    result: list[Region] = [{}]
    for part in parts:
        of_part = _regions(part, answer)
        if len(result) * len(of_part) > _MOST_REGIONS * 8:
            raise _TooManyError
        result = [both for one in result for two in of_part if (both := merged(one, two)) is not None]
        if len(result) > _MOST_REGIONS:
            raise _TooManyError
    return result


def _either(parts: Sequence[Truth], answer: bool) -> list[Region]:
    """Where at least one of the parts answers so."""
    result = [region for part in parts for region in _regions(part, answer)]
    if len(result) > _MOST_REGIONS:
        raise _TooManyError
    return result
