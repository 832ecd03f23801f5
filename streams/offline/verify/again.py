"""Making a verdict of one kind once more from what it records."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import numpy as np

from features.catalogue import Catalogue
from features.event import Event, decision_id, to_milliseconds, to_rfc3339
from features.kind import Lookup
from features.reference import Reference
from models.bundle import Bundle
from models.judge import FROZEN
from models.rejudge import Rejudge, recorded_score, with_outcome
from models.scorers import Batch
from models.served import CHAMPION, SHADOW, score_batch
from models.verdict import SOURCE, TYPE, Score, Verdict, VerdictData, event_time
from streams.offline.verify.versions import ModelVersions


class Again:
    """Fields, features and facts are taken as recorded, and so is a score whose model is gone.

    Made anew are the ids, the entities, the scores, the reasons, the policy's steps, the action and its end.
    """

    def __init__(self, catalogue: Catalogue, versions: ModelVersions, reference: Reference) -> None:
        self._catalogue = catalogue
        self._kind = catalogue.kind
        self._versions = versions
        self._reference = reference
        self._rejudge = Rejudge(catalogue)
        lookups = {declared.name for declared in self._kind.inputs if isinstance(declared, Lookup)}
        self._looked_up = {entity.name for entity in self._kind.entities if entity.of in lookups}

    def make(self, verdict: Verdict, bundle: Bundle) -> tuple[Verdict, bool]:
        """The verdict as it has to be, and whether all of its scores were made anew; it has no digest yet."""
        data = verdict.data
        scores, score, in_full = self._scores(verdict)
        again = with_outcome(verdict, self._rejudge.judge(verdict, bundle, score=score))
        about = decision_id(self._kind.name, data.event.source, data.event.id)
        corrected = data.corrects is not msgspec.UNSET
        same = data.schema == self._catalogue.schema
        made = msgspec.structs.replace(
            again.data,
            scores=scores,
            entities=self._entities(verdict) if same else data.entities,
            target=self._kind.target if same else data.target,
            degraded=_degraded(data),
            corrects=about if corrected else msgspec.UNSET,
        )
        return (
            Verdict(
                # A correction's own id is a hash of what it does not record.
                id=verdict.id if corrected else about,
                source=SOURCE,
                type=TYPE,
                time=to_rfc3339(to_milliseconds(event_time(verdict))),
                data=made,
            ),
            in_full,
        )

    def _scores(self, verdict: Verdict) -> tuple[tuple[Score, ...], float | None, bool]:
        """The scores, the calibrated one of the champion, and whether all of them were made anew.

        A score of text, which no verdict records, is taken as recorded, and so is what stacks it or a model that is
        gone.
        """
        data = verdict.data
        made: list[Score] = []
        calibrated = recorded_score(data)
        in_full = True
        batch = self._batch(data)
        for place, score in enumerate(data.scores):
            served = self._versions.get(self._kind.name, score.model, score.version)
            # There is one champion, and it comes first.
            role = CHAMPION if place == 0 and score.role == CHAMPION else SHADOW
            if served is None or served.scorer is None or served.scorer.reads_text:
                in_full = False
                made.append(msgspec.structs.replace(score, role=role))
                continue
            scored = score_batch([replace(served, role=role)], batch, [verdict.id])[0]
            made += scored.scores
            if role == CHAMPION:
                calibrated = scored.champion
        return tuple(made), calibrated, in_full

    def _batch(self, data: VerdictData) -> Batch:
        """What the models read; a stacked model's scores are those that its verdict records."""
        scores = {score.model: np.array([score.score]) for score in data.scores}
        return Batch.of(tuple(data.features), [tuple(data.features.values())], scores=scores)

    def _entities(self, verdict: Verdict) -> dict[str, str]:
        """Who is counted for such an event; those that were looked up in other reference data stay as recorded."""
        data = verdict.data
        event = data.event
        try:
            fields: Any = msgspec.convert(data.fields, self._kind.fields)
        except msgspec.ValidationError:
            # The kind requires private text, which no verdict has, or has other fields by now.
            return data.entities
        time_ms = to_milliseconds(event_time(verdict))
        whole = Event(self._kind, event.source, event.id, time_ms, fields, verdict.id)
        made = self._catalogue.named(self._catalogue.prepare(whole, self._reference))
        if data.reference == self._reference.version:
            return made
        recorded = data.entities
        names = [e.name for e in self._kind.entities]
        source = {name: recorded if name in self._looked_up else made for name in names}
        return {name: source[name][name] for name in names if name in source[name]}


def _degraded(data: VerdictData) -> tuple[str, ...]:
    others = tuple(how for how in data.degraded if how != FROZEN)
    return others if data.facts.freeze is None else (*others, FROZEN)
