"""Judging: from events, vectors and facts to verdicts. Pure: no input, no output, no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import msgspec

from features.catalogue import Catalogue
from features.event import LAST_MS, Event, public_fields, to_rfc3339
from models.band import promised_by
from models.bundle import Bundle
from models.escalation import Escalations
from models.facts import Facts
from models.policy import Asked, Outcome
from models.rules.rule import Rule
from models.scorers import Batch
from models.served import CHAMPION, Scored, Served, Watch, reads_text, score_batch
from models.text_of import text_of
from models.verdict import EventRef, Reason, Verdict, VerdictData

NO_FEATURES = "no-features"
FROZEN = "frozen"


@dataclass(frozen=True, slots=True)
class Case:
    """One event to be judged: its entities by name, its vector in schema order, and the facts looked up.

    ``history_s``: how far back, in event time, the store's knowledge reaches. ``degraded``: what was missing.
    """

    event: Event
    entities: Mapping[str, str]
    vector: Sequence[float]
    facts: Facts
    history_s: float
    degraded: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the rules and the policy are asked about, of a live event or of a recorded verdict alike.

    ``data``: the event's fields as attributes. ``score``: the champion's where it counts, else None.
    """

    time_ms: int
    data: Any
    entities: Mapping[str, str]
    vector: Sequence[float]
    score: float | None
    facts: Facts
    degraded: Sequence[str]


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict, and what the policy came to: counters move by it."""

    verdict: Verdict
    outcome: Outcome


def judge(
    cases: Sequence[Case],
    catalogue: Catalogue,
    bundle: Bundle,
    models: Sequence[Served],
    reference: str,
    watch: Watch = lambda _: nullcontext(),
) -> list[Judged]:
    """A verdict a case, in order; a batch gives the same bytes as its events one by one.

    Facts speak of what was before the batch: an escalation also counts the decisions in front of it in the batch,
    but for those without features, which nobody counts. ``watch`` is entered around each model's scoring.
    """
    scored = _scored(cases, catalogue, models, watch)
    known = next((model.thresholds for model in models if model.role == CHAMPION), {})
    promised = promised_by(bundle.policy.bands, known)
    escalations = Escalations(bundle.policy)
    judged = []
    for case, scores in zip(cases, scored, strict=True):
        target = case.entities.get(case.event.kind.target)
        if NO_FEATURES in case.degraded:
            target = None
        facts = escalations.add_to(case.facts, target, case.event.time_ms)
        if promised is not None and scores.champion is not None and NO_FEATURES not in case.degraded:
            facts = msgspec.structs.replace(facts, thresholds=promised.thresholds, thin=promised.thin)
        vector = dict(zip(catalogue.names, case.vector, strict=True))
        one = _judged(case, facts, catalogue, bundle, vector, scores, reference)
        escalations.note(target, one.outcome, case.event.time_ms, one.verdict.id)
        judged.append(one)
    return judged


def _scored(cases: Sequence[Case], catalogue: Catalogue, models: Sequence[Served], watch: Watch) -> Sequence[Scored]:
    if not models or not cases:
        return [Scored((), None, ())] * len(cases)
    texts = [text_of(case.event) for case in cases] if reads_text(models) else ()
    batch = Batch.of(catalogue.names, [case.vector for case in cases], texts)
    return score_batch(models, batch, [case.event.decision_id for case in cases], watch)


def decide(question: Question, bundle: Bundle) -> tuple[tuple[Reason, ...], Outcome]:
    """What fired, and what the policy makes of it."""
    engine = bundle.engine
    positions = speaking(question, bundle)
    reasons = tuple(
        engine.reason(position, question.data, question.vector, question.score, question.facts, question.entities)
        for position in positions
    )
    blind = NO_FEATURES in question.degraded
    return reasons, settle(positions, bundle, question.score, question.facts, blind=blind)


def speaking(question: Question, bundle: Bundle) -> tuple[int, ...]:
    """The positions of the rules that fire and are not silent, live and shadow alike.

    Neither escalation nor used up budgets have a part in it.
    """
    engine, facts = bundle.engine, question.facts
    fired = engine.fired(question.data, question.vector, question.score, facts, question.entities)
    if not fired:
        return ()
    blind = NO_FEATURES in question.degraded
    return tuple(
        position
        for position in fired
        if not (blind and position in engine.stateful)
        and not _is_silent(engine.rules[position], facts, question.time_ms)
    )


def settle(
    positions: Sequence[int], bundle: Bundle, score: float | None, facts: Facts, *, blind: bool = False
) -> Outcome:
    """What the policy makes of the rules at ``positions`` and the score; ``blind``: features are missing."""
    engine, policy = bundle.engine, bundle.policy
    rules = [engine.rules[position] for position in positions]
    asked = [Asked(rule.id, rule.action) for rule in rules if rule.mode == "live"]
    closed = blind and policy.without_features.do == "closed"
    return policy.decide(asked, score, facts, policy.without_features.action if closed else None)


def _is_silent(rule: Rule, facts: Facts, time_ms: int) -> bool:
    return rule.id in facts.snoozed or (rule.expires_ms is not None and time_ms >= rule.expires_ms)


def _judged(
    case: Case,
    facts: Facts,
    catalogue: Catalogue,
    bundle: Bundle,
    features: dict[str, float],
    scored: Scored,
    reference: str,
) -> Judged:
    event = case.event
    blind = NO_FEATURES in case.degraded
    score = None if blind else scored.champion
    question = Question(
        time_ms=event.time_ms,
        data=event.data,
        entities=case.entities,
        vector=case.vector,
        score=score,
        facts=facts,
        degraded=case.degraded,
    )
    reasons, outcome = decide(question, bundle)
    degraded = [*case.degraded, *(f"model:{name}" for name in scored.failed)]
    if facts.freeze is not None:
        degraded.append(FROZEN)
    data = VerdictData(
        event=EventRef(event.kind.name, event.source, event.id),
        fields=public_fields(event),
        entities=dict(case.entities),
        action=outcome.action,
        target=event.kind.target,
        score=score,
        scores=() if blind else scored.scores,
        reasons=reasons,
        policy=outcome.steps,
        features=features,
        facts=facts,
        bundle=bundle.hash,
        schema=catalogue.schema,
        reference=reference,
        history_s=case.history_s,
        degraded=tuple(degraded),
        expires_at=expiry(event.time_ms, bundle.policy.expires_s.get(outcome.action)),  # type: ignore[call-overload]
    )
    return Judged(Verdict(id=event.decision_id, time=to_rfc3339(event.time_ms), data=data), outcome)


def expiry(time_ms: int, expires_s: int | None) -> str | msgspec.UnsetType:
    """Until when an action of a verdict of this event time holds; unset: it does not expire."""
    if expires_s is None:
        return msgspec.UNSET
    return to_rfc3339(min(time_ms + expires_s * 1000, LAST_MS))
