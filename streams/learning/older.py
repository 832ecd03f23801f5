"""Decisions that the learner does not remember, asked of Elasticsearch: a help that learning never waits for long."""

from __future__ import annotations

import heapq
import time
from array import array
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec
import structlog

from features.event import to_milliseconds
from models.learning.decisions import Decision, Origin
from models.verdict import Score
from streams.settings import Settings

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

_log = structlog.get_logger(__name__)

_TIMEOUT_S = 2.0
_MOST_IDS = 500
# After a failed call nothing is asked for so long, twice as long after each further one.
_SHORTEST_BREAK_S, _LONGEST_BREAK_S = 1.0, 60.0
# A decision that is not found is asked for again, each time after twice the time.
_FIRST_AGAIN_S, _LAST_AGAIN_S = 5.0, 3600.0
_FIELDS = [
    *("decision_id", "@timestamp", "kind", "event.created", "action", "score", "scores", "features", "corrects"),
    *("facts.thresholds", "kafka"),
]


class Older:
    """``find`` is for decisions that a label just named, ``again`` for those that labels still wait for."""

    def __init__(self, settings: Settings, waiting: Iterable[str]) -> None:
        self._settings = settings
        self._not_before_s = 0.0
        self._break_s = _SHORTEST_BREAK_S
        self._said = False
        self._due: list[tuple[float, float, str]] = []
        self._asked: set[str] = set()
        for decision_id in waiting:
            self.wait_for(decision_id)

    def find(self, decision_ids: Collection[str], before_ms: int | None) -> dict[str, Decision]:
        """Those that it knows, by id, of events that were appended before that moment (None: of any).

        What came later stands in the log that the learner reads: that it has been indexed already must not change
        the order in which labels are learned.
        """
        wanted, found = list(decision_ids), dict[str, Decision]()
        for start in range(0, len(wanted), _MOST_IDS):
            for appended_ms, decision in self._ask(wanted[start : start + _MOST_IDS]):
                if before_ms is None or appended_ms < before_ms:
                    found[decision.id] = decision
        return found

    def wait_for(self, decision_id: str) -> None:
        """A label waits for it: ask again later."""
        if decision_id not in self._asked:
            self._asked.add(decision_id)
            heapq.heappush(self._due, (time.monotonic() + _FIRST_AGAIN_S, _FIRST_AGAIN_S, decision_id))

    def again(self, waiting: Iterable[Mapping[str, Any]], before_ms: int | None) -> list[Decision]:
        """Ask for what is due. ``waiting``: by model, the ids that labels still wait for."""
        now_s = time.monotonic()
        if not self._due or self._due[0][0] > now_s or now_s < self._not_before_s:
            return []
        models = list(waiting)
        due: dict[str, float] = {}
        while self._due and self._due[0][0] <= now_s and len(due) < _MOST_IDS:
            _, after_s, decision_id = heapq.heappop(self._due)
            if any(decision_id in held for held in models):
                due[decision_id] = after_s
            else:
                self._asked.discard(decision_id)
        found = self.find(due, before_ms)
        for decision_id, after_s in due.items():
            if decision_id in found:
                self._asked.discard(decision_id)
            else:
                longer_s = min(_LAST_AGAIN_S, after_s * 2)
                heapq.heappush(self._due, (now_s + longer_s, longer_s, decision_id))
        return list(found.values())

    @cached_property
    def _client(self) -> Elasticsearch:
        from streams.elastic import make_client

        return make_client(self._settings).options(request_timeout=_TIMEOUT_S, max_retries=0)

    def _ask(self, decision_ids: list[str]) -> list[tuple[int, Decision]]:
        if not decision_ids or time.monotonic() < self._not_before_s:
            return []
        # Loaded where the first such label comes: a start that has to be quick does without.
        from elastic_transport import TransportError
        from elasticsearch import ApiError

        from streams.sinks.template import pattern

        try:
            answer = self._client.search(
                index=pattern(self._settings),
                query={"ids": {"values": decision_ids}},
                source_includes=_FIELDS,
                size=len(decision_ids),
                allow_no_indices=True,
                ignore_unavailable=True,
            )
        except (TransportError, ApiError) as error:
            self._not_before_s = time.monotonic() + self._break_s
            self._break_s = min(_LONGEST_BREAK_S, self._break_s * 2)
            if not self._said:
                why = error.error if isinstance(error, ApiError) else type(error).__name__
                _log.warning("older_decisions_out_of_reach", why=why, doing="labels for them wait")
                self._said = True
            return []
        self._break_s, self._said = _SHORTEST_BREAK_S, False
        return [found for hit in answer["hits"]["hits"] if (found := _decision(hit["_source"])) is not None]


def _decision(document: Mapping[str, Any]) -> tuple[int, Decision] | None:
    """When its event was appended, and the decision; None for a document that is no verdict's."""
    try:
        scores = msgspec.convert(document["scores"], list[Score])
        features = {str(name): float(value) for name, value in document["features"].items()}
        kafka = document.get("kafka") or {}
        origin = Origin(str(kafka["topic"]), "", int(kafka["partition"]), int(kafka["offset"])) if kafka else None
        decision = Decision(
            id=document["decision_id"],
            kind=document["kind"],
            names=tuple(features),
            values=array("d", features.values()),
            models=tuple(score.model for score in scores),
            score_values=array("d", (score.score for score in scores)),
            correction="corrects" in document,
            versions=tuple(score.version for score in scores),
            warming=tuple(score.model for score in scores if score.warming),
            champion=next((score.model for score in scores if score.role == "champion"), ""),
            calibrated=document["score"],
            thresholds=document.get("facts", {}).get("thresholds", {}),
            time_ms=_milliseconds(document["@timestamp"]),
            action=document["action"],
            origin=origin,
        )
        return _milliseconds(document["event"]["created"]), decision
    except (KeyError, TypeError, ValueError, AttributeError, msgspec.ValidationError):
        return None


def _milliseconds(text: str) -> int:
    return to_milliseconds(datetime.fromisoformat(text))
