"""An explanation in words, line by line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from models.judge import FROZEN, NO_FEATURES
from models.verdict import Reason
from streams.explain.records import Moment
from streams.explain.told import Explanation, Near, Scored

_NEAREST = 5
_DEGRADED = {
    "late": "the event came later than a window reaches back: that window does not count it",
    "reread": "it was decided again after a loss, from values that may count the event twice or later ones too",
    "refill": "the store was being rebuilt: counts may have been too low",
    NO_FEATURES: "the feature store did not answer: only what the event alone tells was known",
    FROZEN: "the kind was frozen: nothing stronger was allowed",
}


def lines(told: Explanation) -> Iterator[str]:
    """Nothing is escaped: values come from events."""
    event = told.event
    yield f"{event.kind} event {event.id} of {event.source} at {told.time}"
    about = "" if told.target is None else f" for {told.target[0]}={told.target[1]}"
    until = "" if told.expires_at is None else f", until {told.expires_at}"
    yield f"decision {told.id}: {told.action.upper()}{about}{until}"
    if told.corrects is not None:
        yield f"This is a correction: it takes the place of the decision {told.corrects}."
    for one in told.corrected:
        without = f", made without {', '.join(one.without)}" if one.without else ""
        yield f"CORRECTED SINCE: {one.action} (correction {one.id}{without})"
    yield from _section("Why", _why(told))
    yield from _section("What the policy made of it", iter(told.policy or ["nothing asked for anything: allow"]))
    yield from _section("What was looked up", _facts(told))
    yield from _section("What was missing", (f"{how}: {_degraded(how)}" for how in told.degraded))
    yield from _section("Models", (line for one in told.scores for line in _score(one)))
    yield from _section("What almost fired", _nearly(told))
    yield from _section("Around that moment", _history(told))


def _section(title: str, body: Iterator[str]) -> Iterator[str]:
    first = next(body, None)
    if first is not None:
        yield ""
        yield title
        yield f"  {first}"
        yield from (f"  {line}" for line in body)


def _why(told: Explanation) -> Iterator[str]:
    if not any(reason.mode == "live" for reason in told.reasons):
        yield "No rule fired that counts."
    for reason in told.reasons:
        shadow = " (in the shadow: it counts for nothing)" if reason.mode == "shadow" else ""
        yield f"rule {reason.rule} asks for {reason.action}{shadow}: {reason.text}"
        yield from (f"  {line}" for line in _observed(reason))
    for one in told.silent:
        yield f"rule {one.rule} would ask for {one.action}, and is silent: {one.why}"


def _observed(reason: Reason) -> Iterator[str]:
    for name, value in reason.observed.items():
        limit = f", limit {_value(reason.limit[name])}" if name in reason.limit else ""
        yield f"{name} was {_value(value)}{limit}"
    for name, limit in reason.limit.items():
        if name not in reason.observed:
            yield f"{name}: limit {_value(limit)}"


def _facts(told: Explanation) -> Iterator[str]:
    facts = told.facts
    for name, stands in facts.lists.items():
        yield f"{' and '.join(stands)} in the list {name}"
    for entity, labels in facts.labels.items():
        yield f"{entity} is labelled {', '.join(labels)}"
    if facts.protect:
        yield f"protected: {', '.join(facts.protect)}"
    if facts.snoozed:
        yield f"silent for it: {', '.join(facts.snoozed)}"
    if facts.freeze is not None:
        yield f"frozen: at most {facts.freeze}"
    if facts.tripped:
        yield f"budgets used up: {', '.join(facts.tripped)}"
    for action, ids in facts.escalation.items():
        yield f"earlier decisions that asked for {action}: {', '.join(ids)}"
    for rate, threshold in facts.thresholds.items():
        thin = ", too few labels speak for that" if rate in facts.thin else ""
        yield f"at most {rate} of legitimate events score {threshold:.4g} or more{thin}"


def _degraded(how: str) -> str:
    model = how.startswith("model:")
    return "that model failed or took too long, and was left out" if model else _DEGRADED.get(how, "")


def _score(one: Scored) -> Iterator[str]:
    score = one.score
    role = "in the shadow" if score.role != "champion" else "champion"
    warming = ", which has not seen enough to count" if score.warming else ""
    yield f"{score.model} ({role}{warming}): {score.score:.4g}, version {score.version}"
    for part in one.parts:
        what = f'"{part.feature}"' if part.of == "text" else f"{part.feature} = {_value(part.value)}"
        yield f"  {what}: {part.adds:+.3g}"
    if one.how:
        yield f"  ({one.how})"
    if one.unknown:
        yield f"  {one.unknown}"


def _nearly(told: Explanation) -> Iterator[str]:
    if told.by_rules_unknown:
        yield f"not known: {told.by_rules_unknown}"
        return
    for one in told.nearly[:_NEAREST]:
        shadow = " (shadow)" if one.mode == "shadow" else ""
        yield f"rule {one.rule}{shadow}, {one.action}: {_part(one)}"
    if len(told.nearly) > _NEAREST:
        yield f"and {len(told.nearly) - _NEAREST} further away (--json shows all)"
    if told.redefined and told.nearly:
        yield "(by today's definitions of the features, which are not those of then)"


def _part(one: Near) -> str:
    values = ", ".join(f"{name} was {_value(value)}" for name, value in one.observed.items())
    away = "" if one.distance is None else f" ({one.distance:.0%} off)"
    negated = "" if one.should else "not "
    return f"all but {negated}{one.part}{f': {values}' if values else ''}{away}"


def _history(told: Explanation) -> Iterator[str]:
    history = told.history
    if told.target is None:
        yield "the event has no such entity as its decision is about"
        return
    name, value = told.target
    yield f"{history.total} verdicts about {name}={value} within 24 h before and after"
    for one in history.moments:
        yield _moment(one, told.id)
    if len(history.moments) < history.total:
        yield f"({history.total - len(history.moments)} further ones are not shown)"


def _moment(one: Moment, mine: str) -> str:
    mark = ">" if one.id == mine else " "
    correction = f" (corrects {one.corrects})" if one.corrects else ""
    return f"{mark} {one.time} {one.kind} {one.action}{correction}{f': {one.reason}' if one.reason else ''}"


def _value(value: Any) -> str:
    if value is None:
        return "missing"
    if isinstance(value, float):
        return f"{value:.10g}"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, tuple, dict)) else str(value)
