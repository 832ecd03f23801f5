"""What is held for true of each decision: of several labels the strongest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from models.learning.labels import STRENGTH, GivenLabel

_WITHDRAWN = "withdrawn"


class Held(NamedTuple):
    """``given``: the label that stands, None if all were withdrawn. ``labels``: how many different ones were given,
    withdrawals too."""

    given: GivenLabel | None
    labels: int


def held(labels: Iterable[tuple[str, GivenLabel]]) -> Mapping[str, Held]:
    """By decision id. An analyst's word before a user's before an automatic one, as in learning.

    Of equals the first given counts. A withdrawal takes back what was given before it by nobody stronger.
    """
    standing: dict[str, list[GivenLabel]] = defaultdict(list)
    counts: dict[str, int] = defaultdict(int)
    before: tuple[str, GivenLabel] | None = None
    for one in sorted(labels, key=_order):
        if one == before:
            continue
        before = one
        decision, given = one
        counts[decision] += 1
        known = standing[decision]
        if given.label == _WITHDRAWN:
            known[:] = [other for other in known if STRENGTH[other.by] > STRENGTH[given.by]]
        else:
            known.append(given)
    return {decision: Held(_top(standing[decision]), count) for decision, count in counts.items()}


def strongest(labels: Iterable[tuple[str, GivenLabel]]) -> Mapping[str, str]:
    """By decision id "abuse" or "legit", where a label stands (see ``held``)."""
    return {decision: one.given.label for decision, one in held(labels).items() if one.given is not None}


def _top(known: list[GivenLabel]) -> GivenLabel | None:
    return max(known, key=lambda one: STRENGTH[one.by]) if known else None


def _order(one: tuple[str, GivenLabel]) -> tuple[int, str]:
    # Repetitions come side by side; labels of one moment about one decision stay in the order in which they came.
    return one[1].time_ms, one[0]
