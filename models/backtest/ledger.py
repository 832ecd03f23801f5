"""What a bundle's decisions count for, kept in log order as the workers keep it in the store."""

from __future__ import annotations

import msgspec

from features.entity import digest
from features.store.contract import Keep, Track
from features.store.counting import Counted
from models.budgets import Budgets
from models.bundle import Bundle
from models.escalation import counted, counting, track_of
from models.facts import Facts
from models.policy import Outcome

# Before every event: a tally at this time is all that it holds.
_LONG_AGO_MS = -(10**15)
_NOTHING_ASKED = Outcome("allow", "allow", (), ())


class Ledger:
    """Budgets and escalations of one bundle, from nothing at the first event on, each event a micro-batch.

    A budget that is used up stays so to the end: nobody resets it. ``trips``: by budget, the event time of that.
    """

    def __init__(self, bundle: Bundle, kind: str) -> None:
        self._kind = kind
        self._policy = bundle.policy
        self._counted = Counted()
        self._budgets = Budgets(bundle.policy, kind, lambda _name: 0)
        self._tripped: tuple[str, ...] = ()
        self._may_trip = False
        self.trips: dict[str, int] = {}
        # Whether it says anything at all, and whether it has to be told of events of which nothing is asked.
        self.is_idle = not bundle.policy.budgets and not bundle.policy.escalation
        self.counts_all = any(budget.share is not None for budget in bundle.policy.budgets)

    @property
    def watches(self) -> bool:
        """Whether events of which nothing is asked have to pass by: they are counted, or show a budget used up."""
        return self.counts_all or self._may_trip

    def pass_by(self, time_ms: int) -> None:
        """Take an event of which neither rules nor score ask anything; not one that was decided blindly."""
        self._look(time_ms)
        if self.counts_all:
            self._counted.move(Keep(b"", "", b"", time_ms, self._budgets.counted(_NOTHING_ASKED)))

    def facts(self, facts: Facts, target: str | None, time_ms: int, *, blind: bool) -> Facts:
        """``facts``, which name neither, with what is used up and what counts towards a next step.

        A blind decision, without features, is made without asking the store.
        """
        if not blind:
            self._look(time_ms)
        if self._tripped:
            facts = msgspec.structs.replace(facts, tripped=self._tripped)
        if blind or target is None or not self._policy.escalation:
            return facts
        target_digest = digest(target)
        found = {}
        for step in self._policy.escalation:
            decisions = self._counted.track(track_of(step, self._kind, target_digest))
            # Each decision passes by once, so none can have been counted already.
            if decisions and (ids := counted(step, decisions, time_ms, own="")):
                found[step.action] = ids
        return msgspec.structs.replace(facts, escalation=found) if found else facts

    def note(self, outcome: Outcome, target: str | None, time_ms: int, decision_id: str) -> None:
        """Count a decision that was not made blindly."""
        tallies = self._budgets.counted(outcome)
        tracks: tuple[Track, ...] = ()
        step = counting(self._policy, outcome)
        if step is not None and target is not None:
            tracks = (track_of(step, self._kind, digest(target)),)
        if tallies or tracks:
            self._counted.move(Keep(b"", decision_id, b"", time_ms, tallies, tracks))
        if tallies and not self._may_trip:
            self._may_trip = self._is_near()

    def _look(self, time_ms: int) -> None:
        if not self._may_trip:
            return
        used_up = self._budgets.used_up([self._counted.tally(tally, time_ms) for tally in self._budgets.tallies])
        for name in used_up:
            self.trips.setdefault(name, time_ms)
        if len(self.trips) > len(self._tripped):
            self._tripped = tuple(sorted(self.trips))
        self._may_trip = self._is_near()

    def _is_near(self) -> bool:
        """Whether a budget could be found used up at some time before more is counted."""
        # The tallies of the budgets come first, in their order.
        return any(
            budget.name not in self.trips
            and self._counted.tally(tally, _LONG_AGO_MS) >= (budget.most or budget.at_least)
            for budget, tally in zip(self._policy.budgets, self._budgets.tallies, strict=False)
        )
