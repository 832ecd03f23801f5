"""Judging: from events, vectors and facts to verdicts. Pure: no input, no output, no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from features.catalogue import Catalogue
from features.event import LAST_MS, Event, public_fields, to_rfc3339
from models.bundle import Bundle
from models.served import Scored, Served, score_batch
from models.verdict import EventRef, Verdict, VerdictData


@dataclass(frozen=True, slots=True)
class Case:
    """One event to be judged: its entities by name, its vector in schema order, and the facts looked up.

    ``history_s``: how far back, in event time, the store's knowledge reaches. ``degraded``: what was missing.
    """

    event: Event
    entities: Mapping[str, str]
    vector: Sequence[float]
    facts: Mapping[str, Any]
    history_s: float
    degraded: tuple[str, ...]


def judge(
    cases: Sequence[Case], catalogue: Catalogue, bundle: Bundle, models: Sequence[Served], reference: str
) -> list[Verdict]:
    """A verdict a case, in order; a batch gives the same bytes as its events one by one."""
    features = [dict(zip(catalogue.names, case.vector, strict=True)) for case in cases]
    scored = score_batch(models, features)
    return [
        _verdict(case, catalogue, bundle, vector, scores, reference)
        for case, vector, scores in zip(cases, features, scored, strict=True)
    ]


def _verdict(
    case: Case,
    catalogue: Catalogue,
    bundle: Bundle,
    features: dict[str, float],
    scored: Scored,
    reference: str,
) -> Verdict:
    event, engine = case.event, bundle.engine
    score = scored.champion
    reasons = tuple(
        engine.reason(position, event.data, case.vector, score)
        for position in engine.fired(event.data, case.vector, score)
    )
    action = bundle.policy.decide([reason.action for reason in reasons], score)
    data = VerdictData(
        event=EventRef(event.kind.name, event.source, event.id),
        fields=public_fields(event),
        entities=dict(case.entities),
        action=action,
        target=event.kind.target,
        score=score,
        scores=scored.scores,
        reasons=reasons,
        features=features,
        facts=dict(case.facts),
        bundle=bundle.hash,
        schema=catalogue.schema,
        reference=reference,
        history_s=case.history_s,
        degraded=(*case.degraded, *(f"model:{name}" for name in scored.failed)),
        **_expiry(event, bundle.policy.expires_s.get(action)),  # type: ignore[call-overload]
    )
    return Verdict(id=event.decision_id, time=to_rfc3339(event.time_ms), data=data)


def _expiry(event: Event, expires_s: int | None) -> dict[str, str]:
    if expires_s is None:
        return {}
    return {"expires_at": to_rfc3339(min(event.time_ms + expires_s * 1000, LAST_MS))}
