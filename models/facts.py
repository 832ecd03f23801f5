"""Facts: live state that was looked up for one decision, and is recorded in its verdict."""

from __future__ import annotations

import msgspec

from models.actions import Action

# The budget that counts all of a kind's enforced actions, beside those of single rules.
OVERALL = "overall"


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What judging reads beside event, vector and scores; an entry that holds nothing is left out of the verdict.

    ``lists``: by list, the names (fields or entities) of this event whose value stands in it. ``labels``: by entity
    name, the labels in force. ``protect``: the entity names whose value is protected. ``snoozed``: rules that are
    silent for one of its entities. ``freeze``: the strongest action that the kind may take at present.
    ``tripped``: budgets that are used up, by rule, or ``overall``. ``escalation``: by action, the earlier decisions
    about the target that count towards the next step, oldest first. ``thresholds``: by promised rate of false
    positives, the calibrated score from which it holds; ``thin``: those of them that too few labels speak for.
    """

    lists: dict[str, tuple[str, ...]] = {}
    labels: dict[str, tuple[str, ...]] = {}
    protect: tuple[str, ...] = ()
    snoozed: tuple[str, ...] = ()
    freeze: Action | None = None
    tripped: tuple[str, ...] = ()
    escalation: dict[str, tuple[str, ...]] = {}
    thresholds: dict[str, float] = {}
    thin: tuple[str, ...] = ()


NO_FACTS = Facts()
