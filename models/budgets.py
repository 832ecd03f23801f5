"""Budgets: which decisions count towards them, and which of them are used up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from features.store.contract import Tally
from features.window import Window
from models.policy import Budget, Outcome, Policy


class Budgets:
    """The budgets of a kind's policy, each since it was last reset.

    ``since(name)``: a number that changes when somebody resets the budget, from when on it counts anew.
    """

    def __init__(self, policy: Policy, kind: str, since: Callable[[str], int]) -> None:
        self._policy = policy
        self._budgets = policy.budgets
        self._counts: Mapping[str, Tally] = {
            budget.name: _tally(f"budget:{kind}:{budget.name}:{since(budget.name)}", budget)
            for budget in self._budgets
        }
        # Of budgets with the same window the decisions are counted once.
        self._decisions: Mapping[str, Tally] = {
            budget.name: _tally(f"decisions:{kind}:{budget.window}", budget)
            for budget in self._budgets
            if budget.share is not None
        }
        every = {tally.name: tally for tally in self._decisions.values()}
        self._every = tuple(every.values())
        self.tallies: tuple[Tally, ...] = (*self._counts.values(), *self._every)

    def used_up(self, counts: Sequence[int]) -> tuple[str, ...]:
        """The names of the budgets that leave nothing, where ``tallies`` stand at ``counts``."""
        at = {tally.name: count for tally, count in zip(self.tallies, counts, strict=True)}
        return tuple(
            sorted(
                budget.name
                for budget in self._budgets
                if budget.used_up(at[self._counts[budget.name].name], at[self._of(budget)] if budget.share else 0)
            )
        )

    def counted(self, outcome: Outcome) -> tuple[Tally, ...]:
        """The tallies that a decision moves: an enforced one the overall budget and those of its rules."""
        if not self._budgets:
            return ()
        if not self._policy.enforced(outcome.action):
            return self._every
        mine = [self._counts[one.name] for one in self._budgets if not one.rule or one.rule in outcome.rules]
        return (*mine, *self._every)

    def _of(self, budget: Budget) -> str:
        return self._decisions[budget.name].name


def _tally(name: str, budget: Budget) -> Tally:
    window = Window.parse(budget.window)
    return Tally(name, window.bucket_s, window.buckets)
