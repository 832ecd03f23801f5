"""Budgets that are used up until somebody resets them."""

from __future__ import annotations

import msgspec
import structlog

from streams import metrics
from streams.standing.records import RESET_KEY, TRIPPED_KEY, BudgetReset, Trip

log = structlog.get_logger()

# A kind, and a rule or ``overall``.
_Budget = tuple[str, str]


class Budgets:
    """A trip names the reset that it came after, so neither its order among resets nor a clock matters."""

    def __init__(self) -> None:
        self._trips: dict[_Budget, Trip] = {}
        self._resets: dict[_Budget, int] = {}
        # Replaced whole.
        self._tripped: dict[str, tuple[str, ...]] = {}

    def tripped(self, kind: str) -> tuple[str, ...]:
        """The kind's budgets that tripped and were not reset since, sorted."""
        return self._tripped.get(kind, ())

    def reset_ms(self, kind: str, budget: str) -> int:
        """The last reset; 0: there was none."""
        return self._resets.get((kind, budget), 0)

    def take_trip(self, key: str, value: bytes | None) -> None:
        """A trip that is older than one that is known, by their resets, comes late and changes nothing."""
        kind, _, name = key.removeprefix(TRIPPED_KEY).partition("/")
        budget = kind, name
        if value is None:
            self._trips.pop(budget, None)
        else:
            trip = msgspec.json.decode(value, type=Trip)
            if budget not in self._trips or trip.holds(self._trips[budget].reset_ms):
                self._trips[budget] = trip
        self._settle(*budget)

    def take_reset(self, key: str, value: bytes | None) -> None:
        kind, _, name = key.removeprefix(RESET_KEY).partition("/")
        if value is None:
            self._resets.pop((kind, name), None)
        else:
            self._resets[kind, name] = msgspec.json.decode(value, type=BudgetReset).reset_ms
        self._settle(kind, name)

    def _settle(self, kind: str, budget: str) -> None:
        trip = self._trips.get((kind, budget))
        is_tripped = trip is not None and trip.holds(self.reset_ms(kind, budget))
        before = self.tripped(kind)
        metrics.BUDGET_TRIPPED.labels(kind, budget).set(is_tripped)
        if is_tripped == (budget in before):
            return
        left = {*before, budget} if is_tripped else {*before} - {budget}
        self._tripped = {**self._tripped, kind: tuple(sorted(left))}
        if is_tripped:
            log.error("budget_tripped", kind=kind, budget=budget, doing="its actions become review until it is reset")
        else:
            log.warning("budget_reset", kind=kind, budget=budget, doing="its actions count anew")
