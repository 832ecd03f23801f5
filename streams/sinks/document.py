"""From a verdict's record to its document: the verdict under the names of the Elastic Common Schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from features.errors import InvalidEvent
from features.kind import Kind
from models.verdict import TYPE, EventRef, Reason
from streams.sinks.ecs import ecs_paths
from streams.wire import APPEND_HEADER, OFFSET_HEADER, PARTITION_HEADER, TOPIC_HEADER, read_origin

Headers = Sequence[tuple[str, bytes | str | None]] | None

_DAY_MS = 86_400_000
_EPOCH = date(1970, 1, 1)
_MOST_DIGITS = 14  # some of the milliseconds up to the year 5138
_LONGEST_ID_BYTES = 512  # Elasticsearch refuses a whole request for one longer id


class Document(NamedTuple):
    """``body``: JSON. The same verdict has the same index and id however often its record is repeated."""

    index_name: str
    id: str
    body: bytes


class _Data(msgspec.Struct):
    """``models.verdict.VerdictData`` as far as it is looked into; the rest passes through byte by byte.

    Decoding and encoding a verdict's numbers again would double the cost of a document.
    """

    event: EventRef
    fields: dict[str, msgspec.Raw]
    entities: msgspec.Raw
    action: str
    target: str
    score: float | None
    scores: msgspec.Raw
    reasons: list[Reason]
    features: msgspec.Raw
    facts: msgspec.Raw
    bundle: str
    schema: str
    reference: str
    history_s: float
    degraded: list[str]
    policy: msgspec.Raw = msgspec.Raw(b"[]")
    corrects: str | None = None
    expires_at: str | None = None
    digest: str | None = None


class _Verdict(msgspec.Struct):
    specversion: str
    id: str
    type: str
    time: str
    data: _Data


class Documents:
    """Makes documents; a kind that it does not know has all its fields under ``fields.<kind>``."""

    def __init__(self, namespace: str, kinds: Mapping[str, Kind]) -> None:
        self._prefix = f"{namespace}-verdicts-"
        self._paths = {name: ecs_paths(kind) for name, kind in kinds.items()}
        self._index = lru_cache(maxsize=64)(self._index_of_day)

    def build(self, record: bytes | None, headers: Headers, record_ms: int) -> Document:
        """A verdict's record to its document; raises InvalidEvent ('verdict') for a record that is none.

        ``record_ms``: the verdict record's own time, which stands in for the append time of the event's record
        where the headers do not tell it.
        """
        verdict = _decode(record)
        origin = read_origin(headers)
        append_ms = _integer(origin, APPEND_HEADER)
        if append_ms is None:
            append_ms = record_ms
        document = self._document(verdict, append_ms)
        if origin:
            document["kafka"] = {
                "topic": origin.get(TOPIC_HEADER),
                "partition": _integer(origin, PARTITION_HEADER),
                "offset": _integer(origin, OFFSET_HEADER),
            }
        body = _encoder.encode(document)
        return Document(self._index(append_ms // _DAY_MS), verdict.id, body if b"\n" not in body else _one_line(body))

    def _document(self, verdict: _Verdict, append_ms: int) -> dict[str, Any]:
        data = verdict.data
        kind = data.event.kind
        document: dict[str, Any] = {
            "@timestamp": verdict.time,
            "event": {
                "id": data.event.id,
                "provider": data.event.source,
                "kind": "event" if data.action == "allow" else "alert",
                "dataset": f"weir.{kind}",
                "created": f"{_second(append_ms // 1000)}.{append_ms % 1000:03}Z",
            },
            "kind": kind,
            "decision_id": verdict.id,
            "action": data.action,
            "target": data.target,
            "score": data.score,
            "scores": data.scores,
            "rule": {"id": [reason.rule for reason in data.reasons if reason.mode == "live"]},
            "reasons": data.reasons,
            "policy": data.policy,
            "entities": data.entities,
            "features": data.features,
            "facts": data.facts,
            "bundle": data.bundle,
            "schema": data.schema,
            "reference": data.reference,
            "history_s": data.history_s,
            "degraded": data.degraded,
            "digest": data.digest,
        }
        shadow = [reason.rule for reason in data.reasons if reason.mode == "shadow"]
        if shadow:
            document["shadow_rules"] = shadow
        if data.corrects is not None:
            document["corrects"] = data.corrects
        if data.expires_at is not None:
            document["expires_at"] = data.expires_at
        self._place_fields(document, kind, data.fields)
        return document

    def _place_fields(self, document: dict[str, Any], kind: str, fields: dict[str, msgspec.Raw]) -> None:
        """Each field goes under its ECS name, or, where it has none, under its kind's name in ``fields``."""
        paths = self._paths.get(kind, {})
        rest = {}
        for name, value in fields.items():
            path = paths.get(name)
            if path is None:
                rest[name] = value
                continue
            node = document
            for part in path[:-1]:
                node = node.setdefault(part, {})
            node[path[-1]] = value
        document["fields"] = {kind: rest}

    def _index_of_day(self, day: int) -> str:
        moment = _EPOCH + timedelta(days=day)
        return f"{self._prefix}{moment.year:04}.{moment.month:02}.{moment.day:02}"


def _decode(record: bytes | None) -> _Verdict:
    if not record:
        raise InvalidEvent("verdict", "the record has no value")
    try:
        str(record, "utf-8")  # what passes through is not looked into again
        verdict = _decoder.decode(record)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        raise InvalidEvent("verdict", "the record is not a verdict's JSON") from None
    if verdict.type != TYPE or verdict.specversion != "1.0":
        raise InvalidEvent("verdict", "the record's type or specversion is not a verdict's")
    if not 0 < len(verdict.id.encode()) <= _LONGEST_ID_BYTES:
        raise InvalidEvent("verdict", f"the id is empty or over {_LONGEST_ID_BYTES} bytes")
    return verdict


def _one_line(body: bytes) -> bytes:
    """A line's end between two values is JSON, but it would end the document in a bulk request."""
    try:
        return msgspec.json.format(body, indent=-1)
    except (msgspec.MsgspecError, RecursionError):
        raise InvalidEvent("verdict", "the record is not a verdict's JSON") from None


def _integer(origin: Mapping[str, str], name: str) -> int | None:
    text = origin.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise InvalidEvent("verdict", f"the header {name} is no number")
    return int(text)


@lru_cache(maxsize=1024)
def _second(seconds: int) -> str:
    """Seconds since 1970 as UTC; the records of one second are many."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Verdict)
