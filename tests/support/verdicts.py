"""Verdicts for tests: the shortest way to a valid record with the headers of its event's."""

from __future__ import annotations

from typing import Any

import msgspec

from features.event import decision_id, to_rfc3339
from models.facts import Facts
from models.verdict import EventRef, Reason, Score, Verdict, VerdictData, decode, encode
from streams.wire import RecordRef, origin_headers

T0 = 1_795_237_200_000
FIELDS = {"account": "ada", "success": True, "ip": "192.0.2.1", "asn": 1853, "country": "AT"}


def verdict(event_id: str, kind: str = "login", **data: Any) -> bytes:
    """A verdict's bytes; ``data`` replaces parts of its data."""
    whole: dict[str, Any] = {
        "event": EventRef(kind, "test", event_id),
        "fields": FIELDS,
        "entities": {"account": "ada", "ip": "192.0.2.1"},
        "action": "challenge",
        "target": "account",
        "score": 0.83,
        "scores": (Score("login.logistic", "3", 0.83, "champion", warming=True),),
        "reasons": (
            Reason("login.stuffing", "many failures", {"ip.failures_1h": 30}, {"ip.failures_1h": 20}, "block"),
        ),
        "policy": ("rule login.stuffing asks for block", "the overall budget is used up: review"),
        "features": {"ip.failures_1h": 30.0, "succeeded": 1.0},
        "facts": Facts(lists={"vpn_exits": ("ip",)}, labels={"account": ("known good",)}, tripped=("overall",)),
        "bundle": "bundle-1",
        "schema": "schema-1",
        "reference": "reference-1",
        "history_s": 3600.0,
        "degraded": ("late",),
    }
    time = data.pop("time", to_rfc3339(T0))
    return encode(Verdict(id=decision_id(kind, "test", event_id), time=time, data=VerdictData(**{**whole, **data})))


def headers(offset: int = 7, append_ms: int = T0) -> list[tuple[str, bytes]]:
    return origin_headers(RecordRef("login", "topic-id", 3, offset, append_ms))


def replaced(record: bytes, **data: Any) -> Verdict:
    """The verdict of a record with other data, and no digest yet."""
    verdict = decode(record)
    changed = msgspec.structs.replace(verdict.data, **data, digest=msgspec.UNSET)
    return msgspec.structs.replace(verdict, data=changed)
