"""Escalation: how often something was asked for about one target lately, also within one micro-batch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from features.store.contract import Track, Tracked
from models.facts import Facts
from models.policy import Escalation, Outcome, Policy


class Escalations:
    """The decisions of one micro-batch that count towards a next step, beside those that facts already name."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._steps = policy.escalation
        self._noted: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)

    def add_to(self, facts: Facts, target: str | None, time_ms: int) -> Facts:
        """The facts with the decisions about ``target`` that were noted so far, each named once."""
        if not self._steps or not self._noted or target is None:
            return facts
        counted = dict(facts.escalation)
        for step in self._steps:
            noted = self._noted.get((step.action, target), ())
            there = counted.get(step.action, ())
            mine = [one for at_ms, one in noted if in_window(step, at_ms, time_ms) and one not in there]
            if mine:
                counted[step.action] = latest((*there, *mine), step)
        return msgspec.structs.replace(facts, escalation=counted)

    def note(self, target: str | None, outcome: Outcome, time_ms: int, decision_id: str) -> None:
        step = counting(self._policy, outcome)
        if step is not None and target is not None:
            self._noted[step.action, target].append((time_ms, decision_id))


def counting(policy: Policy, outcome: Outcome) -> Escalation | None:
    """The step towards which a decision counts: it asked for the step's action, and nothing milder came of it."""
    for step in policy.escalation:
        if step.action == outcome.before and policy.rank(outcome.action) >= policy.rank(step.action):
            return step
    return None


def track_of(step: Escalation, kind: str, target: bytes) -> Track:
    """Where the decisions that count for a step are kept; ``target``: the digest of the target's value."""
    return Track(f"{kind}:{step.action}:{target.hex()}", step.count, step.window_s)


def counted(step: Escalation, tracked: Sequence[Tracked], time_ms: int, own: str) -> tuple[str, ...]:
    """The decisions of a track that count for one of ``time_ms``; it does not count for itself, ``own``, where it is
    made once more after its verdict was let go."""
    return latest(tuple(one for at_ms, one in tracked if one != own and in_window(step, at_ms, time_ms)), step)


def in_window(step: Escalation, at_ms: int, time_ms: int) -> bool:
    """Whether a decision of event time ``at_ms`` counts for one of ``time_ms``: in (time - window, time]."""
    return time_ms - step.window_s * 1000 < at_ms <= time_ms


def latest(decisions: tuple[str, ...], step: Escalation) -> tuple[str, ...]:
    """As many as are needed to take the step: what is recorded stays short."""
    return decisions[-(step.count - 1) :]
