"""From a verdict and what is known of its rules and models to everything that explains it, as one value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from features.catalogue import Catalogue
from models.bundle import Bundle
from models.errors import ModelError, RuleError
from models.facts import Facts
from models.judge import NO_FEATURES, Question
from models.rejudge import Rejudge
from models.rules.nearly import nearly
from models.rules.rule import Rule
from models.rules.vocabulary import vocabulary
from models.scorers import Batch, Scorer, Text
from models.verdict import Score, Verdict, VerdictData
from streams.explain.private import TextUnknown
from streams.explain.records import Records, target_of
from streams.explain.told import Corrected, Explanation, Near, Part, Scored, Silent
from streams.offline.verify import ModelVersions

SPAN_MS = 24 * 3_600_000
_MOMENTS = 40
_PARTS, _TEXT_PARTS = 5, 15
_PRIVATE = "it reads the event's private text"
FindBundle = Callable[[str, str], Bundle]
FindText = Callable[[], Text]


def explain(
    verdict: Verdict,
    records: Records,
    catalogues: Mapping[str, Catalogue],
    bundles: FindBundle,
    versions: ModelVersions,
    text: FindText | None = None,
) -> Explanation:
    """Raises what ``records`` raises. ``text``: reads the event's private text; None: none of it shall be shown."""
    data = verdict.data
    catalogue = catalogues.get(data.event.kind)
    silent: tuple[Silent, ...] = ()
    near: tuple[Near, ...] = ()
    unknown = ""
    try:
        if catalogue is None:
            raise RuleError(f"there is no kind {data.event.kind!r} here: see the setting kinds_folders")
        bundle = bundles(data.event.kind, data.bundle)
        question = Rejudge(catalogue).question(verdict)
        silent = tuple(_silent(bundle, question, data))
        near = tuple(_near(bundle, catalogue, question, data))
    except RuleError as error:
        unknown = str(error)
    corrected = isinstance(data.corrects, str)
    return Explanation(
        id=verdict.id,
        time=verdict.time,
        event=data.event,
        action=data.action,
        target=target_of(data),
        expires_at=data.expires_at if isinstance(data.expires_at, str) else None,
        corrects=data.corrects if isinstance(data.corrects, str) else None,
        corrected=() if corrected else tuple(_correction(one, data.facts) for one in records.corrections(verdict.id)),
        reasons=data.reasons,
        silent=silent,
        policy=data.policy,
        facts=data.facts,
        degraded=data.degraded,
        scores=tuple(_scored(score, data, versions, text) for score in data.scores),
        nearly=near,
        by_rules_unknown=unknown,
        redefined=catalogue is not None and data.schema != catalogue.schema,
        bundle=data.bundle,
        history=records.history(verdict, SPAN_MS, _MOMENTS),
    )


def _correction(correction: Verdict, before: Facts) -> Corrected:
    without = tuple(rule for rule in correction.data.facts.snoozed if rule not in before.snoozed)
    return Corrected(id=correction.id, action=correction.data.action, without=without)


def _silent(bundle: Bundle, question: Question, data: VerdictData) -> Iterator[Silent]:
    engine, spoke = bundle.engine, {reason.rule for reason in data.reasons}
    fired = engine.fired(question.data, question.vector, question.score, question.facts, question.entities)
    for position in fired:
        rule = engine.rules[position]
        if rule.id in spoke:
            continue
        why = _mute(rule, question)
        if not why and NO_FEATURES in question.degraded and position in engine.stateful:
            why = "it reads features, which were missing"
        if why:
            yield Silent(rule.id, rule.action, why)


def _near(bundle: Bundle, catalogue: Catalogue, question: Question, data: VerdictData) -> Iterator[Near]:
    spoke = {reason.rule for reason in data.reasons}
    rules = [rule for rule in bundle.engine.rules if rule.id not in spoke and not _mute(rule, question)]
    for one in nearly(rules, vocabulary(catalogue, None), question):
        # Without any of what it counts a rule was nowhere near.
        if one.distance is None or one.distance < 1:
            yield Near(
                rule=one.rule.id,
                action=one.rule.action,
                mode=one.rule.mode,
                part=one.part,
                should=one.should,
                observed=one.observed,
                limit=one.limit,
                distance=None if one.distance is None else round(one.distance, 4),
            )


def _mute(rule: Rule, question: Question) -> str:
    """Why the rule has nothing to say of this event, whatever its condition comes to; empty: it may speak."""
    if rule.id in question.facts.snoozed:
        return "it was snoozed for one of the entities, or reverted"
    if rule.expires_ms is not None and question.time_ms >= rule.expires_ms:
        return "it had expired"
    return ""


def _scored(score: Score, data: VerdictData, versions: ModelVersions, text: FindText | None) -> Scored:
    served = versions.get(data.event.kind, score.model, score.version)
    if served is None or served.scorer is None:
        return Scored(
            score=score, unknown="its version is not in this registry: it is gone, or WEIR_REGISTRY is another's"
        )
    scorer = served.scorer
    if scorer.reads_text and text is None:
        return Scored(score=score, unknown=f"{_PRIVATE}: --text shows which of its words mattered")
    try:
        texts = [text()] if scorer.reads_text and text is not None else []
    except TextUnknown as error:
        return Scored(score=score, unknown=f"{_PRIVATE}, and {error}")
    said = {one.model: one.score for one in data.scores}
    scores = {name: np.array([one]) for name, one in said.items()}
    batch = Batch.of(tuple(data.features), [tuple(data.features.values())], texts, scores)
    try:
        found = scorer.contributions(batch.select(scorer.inputs))
    except ModelError as error:
        return Scored(score=score, unknown=str(error))
    if found is None:
        return Scored(score=score, unknown="this kind of model cannot tell what each feature adds")
    most = _TEXT_PARTS if scorer.reads_text else _PARTS
    parts = [_part(name, round(adds, 6), scorer, data, said) for name, adds in found[0].parts[:most] if adds]
    if not parts:
        nothing = "nothing that it reads changes this score" if scorer.ready else "it has learned nothing yet"
        return Scored(score=score, unknown=nothing)
    return Scored(score=score, parts=tuple(parts), how=found[0].how)


def _part(name: str, adds: float, scorer: Scorer, data: VerdictData, said: Mapping[str, float]) -> Part:
    if name in scorer.stacks:
        return Part(name, said.get(name), adds, "model")
    if name in scorer.inputs or not scorer.reads_text:
        return Part(name, data.features.get(name), adds)
    # Words are shown in one line, however the text breaks them.
    return Part(" ".join(name.split()), None, adds, "text")
