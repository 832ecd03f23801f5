"""Older verdicts, which Kafka holds no more, from Elasticsearch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch

from features.event import LAST_MS, to_rfc3339
from features.kind import Kind
from models.verdict import Verdict
from streams.explain.elastic import ElasticAway, verdict_of
from streams.offline.dataset.rows import Wanted
from streams.settings import Settings
from streams.sinks.ecs import ecs_paths
from streams.sinks.template import pattern

_PAGE = 1000
_KEPT = "10m"


class ElasticVerdicts:
    """Of events that were appended before a moment, in the order of their times."""

    def __init__(self, client: Elasticsearch, settings: Settings, kind: Kind, wanted: Wanted, before_ms: int) -> None:
        self._client = client
        self._address = settings.elasticsearch.rpartition("@")[2]
        self._index = pattern(settings)
        self._paths: Mapping[str, Mapping[str, tuple[str, ...]]] = {kind.name: ecs_paths(kind)}
        ends = {"gte": wanted.from_ms, "lt": wanted.to_ms}
        span = {name: to_rfc3339(time_ms) for name, time_ms in ends.items() if time_ms is not None}
        before = {"range": {"event.created": {"lt": to_rfc3339(min(before_ms, LAST_MS))}}}
        self._query = {"bool": {"filter": [{"term": {"kind": kind.name}}, {"range": {"@timestamp": span}}, before]}}

    def __iter__(self) -> Iterator[Verdict]:
        """Raises ElasticAway."""
        try:
            opened = self._client.open_point_in_time(index=self._index, keep_alive=_KEPT, ignore_unavailable=True)
            pit = opened["id"]
            try:
                yield from self._read(pit)
            finally:
                self._client.close_point_in_time(id=pit)
        except TransportError as error:
            raise ElasticAway(
                f"Elasticsearch at {self._address} does not answer ({type(error).__name__}), and Kafka holds only a "
                "part of that time: start it (weir services up), or begin later (--from)"
            ) from None
        except ApiError as error:
            raise ElasticAway(
                f"Elasticsearch at {self._address} refuses: {error.meta.status} {error.error}"
            ) from None

    def _read(self, pit: str) -> Iterator[Verdict]:
        after: list[Any] | None = None
        while True:
            answer = self._client.search(
                pit={"id": pit, "keep_alive": _KEPT},
                query=self._query,
                # Of several verdicts of one id the first that was appended comes first.
                sort=[{"@timestamp": "asc"}, {"event.created": "asc"}],
                size=_PAGE,
                search_after=after,
                track_total_hits=False,
            )
            hits = answer["hits"]["hits"]
            for hit in hits:
                yield verdict_of(hit["_source"], self._paths)
            if len(hits) < _PAGE:
                return
            after = hits[-1]["sort"]
