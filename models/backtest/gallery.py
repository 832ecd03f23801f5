"""Events to read: which of them are worth showing, few of each sort and not one actor again and again."""

from __future__ import annotations

from collections.abc import Sequence

from models.backtest.comparison import BASELINE, CANDIDATE
from models.backtest.report import Example
from models.bundle import Bundle
from models.policy import Outcome

OVERALL = 10
PER_RULE = 5
NEWLY_HIT, SPARED, FALSE_ALARM, MISSED = "newly hit", "spared", "false alarm", "missed"
# What is missed by a rule, but not by others; shown where there is nothing else.
MISSED_BY_RULE = "missed by the rule"
# A sort of example, and the rule that it is about, or none.
Wish = tuple[str, str]


class Gallery:
    """The first events of each sort in log order, each target once a sort."""

    def __init__(self, bundles: tuple[Bundle, Bundle]) -> None:
        self._bundles = bundles
        self._rules = [rule.id for rule in bundles[CANDIDATE].engine.rules]
        self._shown: dict[Wish, list[Example]] = {}
        self._targets: dict[Wish, set[str | None]] = {}
        self._missing = {(sort, rule) for rule in self._rules for sort in (MISSED, MISSED_BY_RULE)}

    def wishes(self, fired: Sequence[int], outcomes: tuple[Outcome, Outcome], label: str) -> list[Wish]:
        """What an event could be shown as, where more of that sort are wanted. ``fired``: by the candidate."""
        candidate, baseline = outcomes
        hit = self._enforced(CANDIDATE, candidate)
        was_hit = self._enforced(BASELINE, baseline)
        wishes: list[Wish] = []
        if hit and not was_hit:
            wishes.append((NEWLY_HIT, ""))
        if was_hit and not hit:
            wishes.append((SPARED, ""))
        if label == "legit":
            wishes += [(FALSE_ALARM, "")] if hit else []
            wishes += [(FALSE_ALARM, self._rules[position]) for position in fired]
        elif label == "abuse":
            wishes += [] if hit else [(MISSED, "")]
            if self._missing:
                sort = MISSED_BY_RULE if fired else MISSED
                speaking = {self._rules[position] for position in fired}
                wishes += [wish for wish in sorted(self._missing) if wish[0] == sort and wish[1] not in speaking]
        return [wish for wish in wishes if self._has_room(wish)]

    def show(self, wish: Wish, example: Example) -> None:
        """Take an example, unless there is one of its target."""
        if example.target in self._targets.get(wish, ()):
            return
        shown = self._shown.setdefault(wish, [])
        shown.append(example)
        self._targets.setdefault(wish, set()).add(example.target)
        if len(shown) == PER_RULE:
            self._missing.discard(wish)

    def of(self, sort: str, rule: str = "") -> tuple[Example, ...]:
        """The examples of a sort, in log order."""
        return tuple(self._shown.get((sort, rule), ()))

    def missed_by(self, rule: str) -> tuple[Example, ...]:
        """Abuse on which a rule does not fire: such that no rule fires on, else such that others do."""
        return (self.of(MISSED, rule) + self.of(MISSED_BY_RULE, rule))[:PER_RULE]

    def _enforced(self, side: int, outcome: Outcome) -> bool:
        return self._bundles[side].policy.enforced(outcome.action)

    def _has_room(self, wish: Wish) -> bool:
        return len(self._shown.get(wish, ())) < (PER_RULE if wish[1] else OVERALL)
