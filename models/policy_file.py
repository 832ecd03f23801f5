"""Reading a policy's TOML, with every mistake named."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import msgspec

from features.errors import KindError
from features.window import Window
from models.actions import REVIEW
from models.errors import RuleError
from models.policy import Budget, Escalation, Policy
from models.toml import read_toml

_LONGEST_S = 10 * 366 * 86_400
_MOST_COUNT = 20


def read_policy(text: str, place: str) -> Policy:
    """Read the text of a policy file, which messages call ``place``; raises RuleError."""
    try:
        policy = msgspec.convert(read_toml(text), Policy)
    except tomllib.TOMLDecodeError as error:
        raise RuleError(f"{place}: not TOML: {error}") from None
    except msgspec.ValidationError as error:
        raise RuleError(f"{place}: {error}") from None
    for wrong in _mistakes(policy):
        raise RuleError(f"{place}: {wrong}")
    return policy


def _mistakes(policy: Policy) -> Iterator[str]:
    if len(set(policy.actions)) < len(policy.actions) or policy.actions[:2] != ("allow", REVIEW):
        yield f"actions is {list(policy.actions)}: begin with 'allow' and 'review', and name each action once"
    for band in policy.bands:
        if (band.score is None) == (band.max_false_positive_rate is None):
            yield f"the band of {band.action!r}: write either score or max_false_positive_rate"
        if band.score is not None and not 0 < band.score <= 1:
            yield f"a band's score is {band.score}: write a number above 0, at most 1"
        if band.max_false_positive_rate is not None and not 0 < band.max_false_positive_rate < 0.5:
            yield f"a band's max_false_positive_rate is {band.max_false_positive_rate}: write a share below 0.5"
    for action, expires_s in policy.expires_s.items():
        if not 0 < expires_s <= _LONGEST_S:
            yield f"expires_s of {action} is {expires_s}: write 1 to {_LONGEST_S}, or leave it out"
    yield from _unknown_actions(policy)
    if not 0 <= policy.without_features.after_s <= 3600:
        yield f"after_s of without_features is {policy.without_features.after_s}: write 0 to 3600 seconds"
    for escalation in policy.escalation:
        yield from _escalation_mistakes(escalation, policy)
    for budget in policy.budgets:
        yield from _budget_mistakes(budget)
    names = [budget.name for budget in policy.budgets]
    for name in names:
        if names.count(name) > 1:
            yield f"there are two budgets of {name!r}: keep one"
    counted = [escalation.action for escalation in policy.escalation]
    for action in counted:
        if counted.count(action) > 1:
            yield f"there are two escalations of {action!r}: keep one"


def _unknown_actions(policy: Policy) -> Iterator[str]:
    used = {
        "a band": [band.action for band in policy.bands],
        "expires_s": list(policy.expires_s),
        "an escalation": [a for e in policy.escalation for a in (e.action, e.becomes)],
        "without_features": [policy.without_features.action] if policy.without_features.do == "closed" else [],
    }
    for where, actions in used.items():
        for action in actions:
            if action not in policy.actions:
                yield f"{where} names {action!r}, which is none of this kind's actions: {', '.join(policy.actions)}"


def _escalation_mistakes(escalation: Escalation, policy: Policy) -> Iterator[str]:
    where = f"escalation of {escalation.action!r}"
    yield from _window_mistakes(escalation.window, where)
    if not 2 <= escalation.count <= _MOST_COUNT:
        yield f"{where}: count is {escalation.count}: write 2 to {_MOST_COUNT}"
    if not policy.enforced(escalation.action) or policy.rank(escalation.becomes) <= policy.rank(escalation.action):
        yield f"{where} becomes {escalation.becomes!r}: name an action above 'review', and a stronger one"


def _budget_mistakes(budget: Budget) -> Iterator[str]:
    where = f"budget of {budget.name!r}"
    yield from _window_mistakes(budget.window, where)
    if (budget.most is None) == (budget.share is None):
        yield f"{where}: write either most (a number of decisions) or share (of the kind's decisions)"
    if budget.most is not None and budget.most < 1:
        yield f"{where}: most is {budget.most}: write 1 or more"
    if budget.share is not None and not 0 < budget.share < 1:
        yield f"{where}: share is {budget.share}: write a number between 0 and 1"
    if budget.at_least < 1:
        yield f"{where}: at_least is {budget.at_least}: write 1 or more"


def _window_mistakes(window: str, where: str) -> Iterator[str]:
    try:
        Window.parse(window)
    except KindError as error:
        yield f"{where}: {error}"
