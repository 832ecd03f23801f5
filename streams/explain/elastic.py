"""Verdicts in Elasticsearch, as the index sink wrote them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import click
import msgspec
from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch

from features.event import to_milliseconds, to_rfc3339
from features.kind import Kind
from models.learning.decisions import Origin
from models.verdict import Reason, Verdict, event_time
from streams.explain.records import History, Moment, nearest, target_of, top_reason
from streams.settings import Settings
from streams.sinks.ecs import ecs_paths
from streams.sinks.template import pattern

_MOST_MATCHES = 20
_MOMENT_FIELDS = ["@timestamp", "decision_id", "kind", "action", "score", "reasons", "corrects"]


class ElasticAway(click.ClickException):
    """Elasticsearch does not answer, or refuses: the text says what to do."""

    exit_code = 2


class ElasticRecords:
    def __init__(self, client: Elasticsearch, settings: Settings, kinds: Mapping[str, Kind]) -> None:
        self._client = client
        self._address = settings.elasticsearch.rpartition("@")[2]
        self._index = pattern(settings)
        self._paths = {name: ecs_paths(kind) for name, kind in kinds.items()}

    def by_decision(self, decision_id: str) -> Verdict | None:
        found = self._verdicts({"ids": {"values": [decision_id]}})
        return found[0] if found else None

    def by_event(self, event_id: str, source: str | None, kind: str | None) -> list[Verdict]:
        terms = {"event.id": event_id, "event.provider": source, "kind": kind}
        wanted = [{"term": {name: value}} for name, value in terms.items() if value is not None]
        return self._verdicts({"bool": {"filter": wanted, "must_not": [{"exists": {"field": "corrects"}}]}})

    def corrections(self, decision_id: str) -> list[Verdict]:
        # Documents do not tell their order; but each correction also silences what those before silenced.
        found = self._verdicts({"term": {"corrects": decision_id}})
        return sorted(found, key=lambda one: len(one.data.facts.snoozed))

    def origin(self, decision_id: str) -> Origin | None:
        answer = self._search(query={"ids": {"values": [decision_id]}}, size=1, source=["kafka"])
        kafka = next((hit["_source"].get("kafka") for hit in answer["hits"]["hits"]), None) or {}
        topic, partition, offset = (kafka.get(name) for name in ("topic", "partition", "offset"))
        if not (isinstance(topic, str) and isinstance(partition, int) and isinstance(offset, int)):
            return None
        return Origin(topic, "", partition, offset)

    def history(self, verdict: Verdict, span_ms: int, most: int) -> History:
        target = target_of(verdict.data)
        if target is None:
            return History(total=0, moments=())
        span, at = timedelta(milliseconds=span_ms), event_time(verdict)
        about = {"term": {f"entities.{target[0]}": target[1]}}
        first, last = (to_rfc3339(to_milliseconds(moment)) for moment in (at - span, at + span))
        before, earlier = self._moments(about, {"gte": first, "lte": verdict.time}, "desc", most)
        after, later = self._moments(about, {"gt": verdict.time, "lte": last}, "asc", most)
        moments = nearest([*reversed(before), *after], verdict.time, most)
        return History(total=earlier + later, moments=moments)

    def _moments(
        self, about: dict[str, Any], span: dict[str, str], order: str, most: int
    ) -> tuple[list[Moment], int]:
        answer = self._search(
            query={"bool": {"filter": [about, {"range": {"@timestamp": span}}]}},
            sort=[{"@timestamp": order}],
            size=most,
            source=_MOMENT_FIELDS,
            track_total_hits=True,
        )
        moments = [_moment(hit["_source"]) for hit in answer["hits"]["hits"]]
        return moments, int(answer["hits"]["total"]["value"])

    def _verdicts(self, query: dict[str, Any]) -> list[Verdict]:
        answer = self._search(query=query, size=_MOST_MATCHES)
        return [verdict_of(hit["_source"], self._paths) for hit in answer["hits"]["hits"]]

    def _search(self, **body: Any) -> Any:
        try:
            return self._client.search(index=self._index, allow_no_indices=True, ignore_unavailable=True, **body)
        except TransportError as error:
            raise ElasticAway(
                f"Elasticsearch at {self._address} does not answer ({type(error).__name__}): is it running "
                "(weir services up), and is WEIR_ELASTICSEARCH right? A file of verdicts does too: --file"
            ) from None
        except ApiError as error:
            raise ElasticAway(
                f"Elasticsearch at {self._address} refuses: {error.meta.status} {error.error}"
            ) from None


def verdict_of(document: Mapping[str, Any], paths: Mapping[str, Mapping[str, tuple[str, ...]]]) -> Verdict:
    """A document's verdict; the order of its event's fields is not kept there, so it has no digest."""
    kind = document["kind"]
    fields = dict(document.get("fields", {}).get(kind, {}))
    for name, path in paths.get(kind, {}).items():
        node: Any = document
        for part in path:
            node = node.get(part) if isinstance(node, dict) else None
        if node is not None:
            fields[name] = node
    names = [
        *("entities", "action", "target", "score", "scores", "reasons", "features", "facts", "bundle", "schema"),
        *("reference", "history_s", "degraded", "corrects", "expires_at"),
    ]
    data = {name: document[name] for name in names if name in document}
    event = {"kind": kind, "source": document["event"]["provider"], "id": document["event"]["id"]}
    data |= {"event": event, "fields": fields, "policy": document.get("policy", [])}
    whole = {"id": document["decision_id"], "time": document["@timestamp"], "data": data}
    return msgspec.convert(whole, Verdict)


def _moment(source: Mapping[str, Any]) -> Moment:
    reasons = msgspec.convert(source["reasons"], list[Reason])
    return Moment(
        id=source["decision_id"],
        time=source["@timestamp"],
        kind=source["kind"],
        action=source["action"],
        reason=top_reason(reasons, source["score"], source["action"]),
        corrects=source.get("corrects", ""),
    )
