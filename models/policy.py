"""The policy of a kind: from fired rules, the champion's score and facts to one action, each step in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from features.window import seconds
from models.actions import ACTIONS, REVIEW, Action
from models.band import Band
from models.facts import OVERALL, Facts


class Escalation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The ``count``-th decision within ``window`` that asks for ``action`` about one target becomes ``becomes``."""

    action: Action
    count: int
    window: str
    becomes: Action

    @property
    def window_s(self) -> int:
        return seconds(self.window)


class Budget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """At most so many enforced actions within ``window``; ``rule``: those that this rule asked for, else all.

    ``most`` is a number of decisions; or ``share`` is one of the kind's decisions in that window, and up to
    ``at_least`` decisions the budget does not trip.
    """

    window: str
    rule: str = ""
    most: int | None = None
    share: float | None = None
    at_least: int = 100

    @property
    def name(self) -> str:
        return self.rule or OVERALL

    def used_up(self, count: int, decisions: int) -> bool:
        """Whether ``count`` enforced actions among ``decisions`` leave nothing."""
        if self.most is not None:
            return count >= self.most
        assert self.share is not None
        return count >= self.at_least and count >= self.share * decisions


class WithoutFeatures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happens when the feature store does not answer: ``wait`` for it; or, after ``after_s``, decide by what the
    event alone tells: ``open`` allows what no rule forbids, ``closed`` asks for ``action``."""

    do: Literal["wait", "open", "closed"] = "wait"
    action: Action = "challenge"
    after_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What a fired live rule asks for."""

    rule: str
    action: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """``before``: what rules and score come to, which escalations count; ``rules``: those that asked for that, or for
    more.

    ``steps``: how ``action`` came about, in words.
    """

    action: str
    before: str
    steps: tuple[str, ...]
    rules: tuple[str, ...]


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``actions``: those of this kind, from the mildest. ``combine``: ``strongest`` of what rules and score ask for;
    ``rules-first``, where the score counts only if no rule fired; ``agree``, the milder of the two.

    ``expires_s``: by action, for how many seconds after the event a verdict holds; without an entry it does not
    expire.
    """

    actions: tuple[Action, ...] = ACTIONS
    combine: Literal["strongest", "rules-first", "agree"] = "strongest"
    bands: tuple[Band, ...] = ()
    expires_s: dict[Action, int] = {}
    without_features: WithoutFeatures = WithoutFeatures()
    escalation: tuple[Escalation, ...] = ()
    budgets: tuple[Budget, ...] = ()

    @property
    def promised_rates(self) -> tuple[float, ...]:
        """The rates of false positives that bands promise."""
        rates = {band.max_false_positive_rate for band in self.bands}
        return tuple(sorted(rate for rate in rates if rate is not None))

    def rank(self, action: str) -> int:
        return self.actions.index(action)

    def enforced(self, action: str) -> bool:
        """Whether somebody is hindered by it: everything above a review."""
        return self.rank(action) > self.rank(REVIEW)

    def decide(
        self, asked: Sequence[Asked], score: float | None, facts: Facts, at_least: str | None = None
    ) -> Outcome:
        """``asked``: what live rules ask for that are not silent. ``at_least``: what is asked for in any case."""
        if not asked and score is None and at_least is None and facts.freeze is None and not facts.protect:
            return _NOTHING
        steps: list[str] = []
        limited = [self._within_budget(one, facts, steps) for one in asked]
        rank = self._combined(limited, score, facts, steps)
        if at_least is not None and self.rank(at_least) > rank:
            rank = self.rank(at_least)
            steps.append(f"features are missing, which asks for {at_least}")
        before, least = self.actions[rank], rank
        rank = self._escalated(rank, facts, steps)
        rank = self._limited(rank, facts, steps)
        # Where rules and score have to agree, what a rule asks for may be more than what comes of it.
        rules = tuple(one.rule for one in limited if one.action == before or 0 < least < self.rank(one.action))
        return Outcome(self.actions[rank], before, tuple(steps), rules)

    def _within_budget(self, asked: Asked, facts: Facts, steps: list[str]) -> Asked:
        if asked.rule in facts.tripped and self.enforced(asked.action):
            steps.append(f"rule {asked.rule} asks for {asked.action}; its budget is used up: {REVIEW}")
            return Asked(asked.rule, REVIEW)
        steps.append(f"rule {asked.rule} asks for {asked.action}")
        return asked

    def _combined(self, asked: Sequence[Asked], score: float | None, facts: Facts, steps: list[str]) -> int:
        by_rules = max((self.rank(one.action) for one in asked), default=0)
        if score is None:
            return by_rules
        asking = [found for band in self.bands if (found := band.asks(score, facts)) is not None]
        action, why = max(asking, key=lambda one: self.rank(one[0]), default=("allow", ""))
        by_score = self.rank(action)
        if by_score:
            steps.append(why)
        if self.combine == "agree":
            rank = min(by_rules, by_score)
            if by_rules != by_score:
                steps.append(f"rules and score have to agree: {self.actions[rank]}")
            return rank
        if self.combine == "rules-first" and asked:
            if by_score > by_rules:
                steps.append(f"rules come first: {self.actions[by_rules]}")
            return by_rules
        return max(by_rules, by_score)

    def _escalated(self, rank: int, facts: Facts, steps: list[str]) -> int:
        action = self.actions[rank]
        for step in self.escalation:
            nth = len(facts.escalation.get(step.action, ())) + 1
            if step.action == action and nth >= step.count and self.rank(step.becomes) > rank:
                steps.append(f"{action} for the {_ordinal(step.count)} time within {step.window}: {step.becomes}")
                rank = self.rank(step.becomes)
        return rank

    def _limited(self, rank: int, facts: Facts, steps: list[str]) -> int:
        review = self.rank(REVIEW)
        if OVERALL in facts.tripped and rank > review:
            steps.append(f"the overall budget is used up: {REVIEW}")
            rank = review
        if facts.freeze is not None and rank > (ceiling := self.rank(facts.freeze)):
            steps.append(f"frozen, at most {facts.freeze}: {facts.freeze}")
            rank = ceiling
        if facts.protect and rank:
            steps.append(f"{' and '.join(facts.protect)} protected: allow")
            rank = 0
        return rank


_NOTHING = Outcome("allow", "allow", (), ())


def _ordinal(number: int) -> str:
    suffix = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"
