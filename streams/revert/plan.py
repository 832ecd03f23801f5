"""What has to be corrected: pure, from the decisions that reverts may concern and the corrections that there are."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from models.actions import RANK
from models.escalation import in_window
from streams.revert.candidate import Candidate
from streams.revert.record import Revert, correction_id

_NOTHING: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Correction:
    """``before``: the action that holds now. ``standing``: by action, the earlier decisions that still count for it.

    ``escalated``: the rule did not fire in it; it had only been escalated because of others.
    """

    candidate: Candidate
    before: str
    action: str
    standing: Mapping[str, tuple[str, ...]]
    escalated: bool


@dataclass(slots=True)
class Plan:
    """``corrections``: those still to be published. ``uncounted``: decisions that shall count for no escalation any
    more. ``decisive``: how many decisions are another action than they were made with; ``done``: of these, those for
    which that holds already; ``harder``: those that would be a stronger action, and are left as they are."""

    corrections: list[Correction] = field(default_factory=list)
    uncounted: list[Candidate] = field(default_factory=list)
    decisive: int = 0
    done: int = 0
    harder: int = 0


@dataclass(frozen=True, slots=True)
class _Resolved:
    """``counts_for``: the action towards whose step it counts. ``reverts``: all that concern it, also by way of what
    its escalation was made of."""

    standing: Mapping[str, tuple[str, ...]]
    action: str
    counts_for: str | None
    reverts: frozenset[str]


class Planner:
    """Follows decisions back through those that their escalations were made of.

    ``candidates``: by id. ``times``: event times in ms of other decisions, by id; those that are missing are in
    ``unknown``, and are taken to be too old to count.
    """

    def __init__(self, candidates: Mapping[str, Candidate], times: Mapping[str, int]) -> None:
        self._candidates = candidates
        self._times = times
        self._resolved: dict[str, _Resolved] = {}
        self.unknown: set[str] = set()
        for one in candidates.values():
            self._resolve(one)

    def plan(self, revert: Revert, newest: Mapping[str, str], published: Set[str]) -> Plan:
        """``newest``: by decision id, the action of its newest correction; ``published``: ids of corrections."""
        plan = Plan()
        for one in self._candidates.values():
            now = self._resolved[one.id]
            if revert.id not in now.reverts:
                continue
            if one.counted is not None and now.counts_for != one.counted:
                plan.uncounted.append(one)
            before = newest.get(one.id, one.action)
            plan.decisive += now.action != one.action
            if before == now.action or correction_id(one.id, revert.id) in published:
                plan.done += now.action != one.action
                continue
            if RANK[now.action] > RANK[before]:
                # Undoing takes back and hits nobody: who would be hindered more without the rule, stays as he is.
                plan.harder += 1
                continue
            escalated = revert.id not in one.reverts
            plan.corrections.append(Correction(one, before, now.action, now.standing, escalated))
        return plan

    def _resolve(self, one: Candidate) -> None:
        """Resolve it after all that it depends on; a chain may be longer than Python's own stack."""
        stack, begun = [one], set()
        while stack:
            top = stack[-1]
            if top.id not in self._resolved and top.id not in begun:
                begun.add(top.id)
                stack += [before for before in self._named(top) if before.id not in self._resolved]
                continue
            if top.id not in self._resolved:
                self._resolved[top.id] = self._follow(top)
            stack.pop()

    def _named(self, one: Candidate) -> list[Candidate]:
        known = self._candidates
        return [known[before] for ids in one.named.values() for before in ids if before in known and before != one.id]

    def _follow(self, one: Candidate) -> _Resolved:
        standing: dict[str, tuple[str, ...]] = {}
        reverts = set(one.reverts)
        for action, ids in one.named.items():
            standing[action] = self._standing(one, action, ids)
            for before in ids:
                if not self._counts(before, action) and before in self._resolved:
                    reverts |= self._resolved[before].reverts
        after = min(len(standing.get(one.asks, _NOTHING)), len(one.actions) - 1)
        counts_for = one.asks if one.counts[after] else None
        return _Resolved(standing, one.actions[after], counts_for, frozenset(reverts))

    def _standing(self, one: Candidate, action: str, named: tuple[str, ...]) -> tuple[str, ...]:
        left = tuple(before for before in named if self._counts(before, action))
        oldest = self._resolved.get(named[0]) if named else None
        if len(left) == len(named) or oldest is None or action not in one.steps:
            return left
        # No more are recorded than the step takes: those that count no more may hide older ones that do.
        older = (before for before in oldest.standing.get(action, _NOTHING) if before not in named)
        return (*(before for before in older if self._in_window(one, action, before)), *left)[-len(named) :]

    def _counts(self, decision: str, action: str) -> bool:
        resolved = self._resolved.get(decision)
        return resolved is None or resolved.counts_for == action

    def _in_window(self, one: Candidate, action: str, decision: str) -> bool:
        known = self._candidates.get(decision)
        at_ms = self._times.get(decision) if known is None else known.time_ms
        if at_ms is None:
            self.unknown.add(decision)
            return False
        return in_window(one.steps[action], at_ms, one.time_ms)
