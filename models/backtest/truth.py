"""What is held for true of each decision: of several labels the strongest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from models.learning.learner import STRENGTH, GivenLabel

_WITHDRAWN = "withdrawn"


def strongest(labels: Iterable[tuple[str, GivenLabel]]) -> Mapping[str, str]:
    """By decision id "abuse" or "legit". An analyst's word before a user's before an automatic one, as in learning.

    Of equals the first given counts. A withdrawal takes back what was given before it by nobody stronger.
    """
    held: dict[str, list[GivenLabel]] = defaultdict(list)
    for decision, given in sorted(labels, key=lambda one: one[1].time_ms):
        known = held[decision]
        if given.label == _WITHDRAWN:
            known[:] = [one for one in known if STRENGTH[one.by] > STRENGTH[given.by]]
        else:
            known.append(given)
    return {decision: max(known, key=lambda one: STRENGTH[one.by]).label for decision, known in held.items() if known}
