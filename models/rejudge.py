"""Judging once more what a verdict records: with the same bundle for proof, with another to see what it would do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import msgspec

from features.catalogue import Catalogue
from features.event import to_milliseconds
from models.bundle import Bundle
from models.facts import Facts
from models.judge import Question, decide, expiry
from models.policy import Outcome
from models.served import CHAMPION
from models.verdict import Reason, Verdict, VerdictData, event_time


@dataclass(frozen=True, slots=True)
class Rejudged:
    """What comes of a recorded verdict: why, and what."""

    reasons: tuple[Reason, ...]
    outcome: Outcome
    score: float | None
    expires_at: str | msgspec.UnsetType


class Rejudge:
    """Judges recorded verdicts of one kind. Of a verdict only what it records is read, never its action."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._names = catalogue.names
        self._absent = dict(zip(catalogue.names, (info.default for info in catalogue.infos), strict=True))
        fields = [(name, Any, None) for name in catalogue.kind.fields.__struct_fields__]
        self._data = msgspec.defstruct("Recorded", fields, frozen=True)

    def question(
        self, verdict: Verdict, *, facts: Facts | None = None, score: float | msgspec.UnsetType | None = msgspec.UNSET
    ) -> Question:
        """What was asked then. ``facts`` and ``score`` (calibrated) stand in for the recorded ones, if given.

        A feature that the verdict does not have, because it was not declared yet, has its default.
        """
        data = verdict.data
        features = data.features
        known = self._data.__struct_fields__
        return Question(
            time_ms=to_milliseconds(event_time(verdict)),
            data=self._data(**{name: value for name, value in data.fields.items() if name in known}),
            entities=data.entities,
            vector=[features.get(name, self._absent[name]) for name in self._names],
            score=recorded_score(data) if score is msgspec.UNSET else score,
            facts=data.facts if facts is None else facts,
            degraded=data.degraded,
        )

    def judge(
        self,
        verdict: Verdict,
        bundle: Bundle,
        *,
        facts: Facts | None = None,
        score: float | msgspec.UnsetType | None = msgspec.UNSET,
        without: str | None = None,
    ) -> Rejudged:
        """What this bundle makes of it; ``without``: a rule that is left out."""
        question = self.question(verdict, facts=facts, score=score)
        if without is not None:
            # A silent rule asks for nothing, and everything else stays as it was.
            quiet = msgspec.structs.replace(question.facts, snoozed=(*question.facts.snoozed, without))
            question = replace(question, facts=quiet)
        reasons, outcome = decide(question, bundle)
        expires_at = expiry(question.time_ms, bundle.policy.expires_s.get(outcome.action))  # type: ignore[call-overload]
        return Rejudged(reasons, outcome, question.score, expires_at)


def recorded_score(data: VerdictData) -> float | None:
    """The calibrated score of a champion that counted; None: no champion did."""
    counted = any(score.role == CHAMPION and not score.warming for score in data.scores)
    return data.score if counted else None


def with_outcome(verdict: Verdict, judged: Rejudged) -> Verdict:
    """The verdict as it would read with this outcome, everything that was looked up left as recorded."""
    data = msgspec.structs.replace(
        verdict.data,
        action=judged.outcome.action,
        score=judged.score,
        reasons=judged.reasons,
        policy=judged.outcome.steps,
        expires_at=judged.expires_at,
        digest=msgspec.UNSET,
    )
    return msgspec.structs.replace(verdict, data=data)
