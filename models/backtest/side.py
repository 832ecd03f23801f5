"""What one bundle makes of an event, but for what depends on its own earlier decisions."""

from __future__ import annotations

import msgspec

from models.bundle import Bundle
from models.facts import NO_FACTS, Facts
from models.judge import NO_FEATURES, Question, settle, speaking
from models.policy import Outcome

_MOST_REMEMBERED = 4096
# By the rules that fire, and whether there is no score.
_Plain = tuple[tuple[int, ...], bool]


class Sided(msgspec.Struct, frozen=True, gc=False):
    """``fired``: the positions of the rules that speak. ``outcome``: without budgets, escalation and words.

    ``facts``: those that were judged with; None: there are none.
    """

    fired: tuple[int, ...]
    outcome: Outcome
    facts: Facts | None


class Side:
    """Judges with one bundle. What is common is one and the same value, so that it is sent and held once."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        # Where a band has a promise in place of a score, any score may reach it.
        self._least_band = min((band.score or 0.0 for band in bundle.policy.bands), default=2.0)
        self._plain: dict[_Plain, Sided] = {}
        self._outcomes: dict[Outcome, Outcome] = {}
        self._fired: dict[tuple[int, ...], tuple[int, ...]] = {}

    def judge(self, question: Question) -> Sided:
        """``question.facts`` name neither used up budgets nor an escalation."""
        fired = speaking(question, self.bundle)
        facts, score = question.facts, question.score
        blind = NO_FEATURES in question.degraded
        if facts is NO_FACTS and not blind and (score is None or score < self._least_band):
            return self._plain.get((fired, score is None)) or self._remembered(fired, score is None)
        return self._sided(fired, settle(fired, self.bundle, score, facts, blind=blind), facts)

    def _remembered(self, fired: tuple[int, ...], without_score: bool) -> Sided:
        """All scores below the least band come to the same."""
        outcome = settle(fired, self.bundle, None if without_score else 0.0, NO_FACTS)
        made = self._sided(fired, outcome, NO_FACTS)
        if len(self._plain) < _MOST_REMEMBERED:
            self._plain[made.fired, without_score] = made
        return made

    def _sided(self, fired: tuple[int, ...], outcome: Outcome, facts: Facts) -> Sided:
        bare = Outcome(outcome.action, outcome.before, (), outcome.rules)
        return Sided(
            self._fired.setdefault(fired, fired),
            self._outcomes.setdefault(bare, bare),
            None if facts is NO_FACTS else facts,
        )
