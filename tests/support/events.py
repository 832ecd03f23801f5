"""Events for tests: the shortest way to a valid record."""

from __future__ import annotations

from typing import Any

import msgspec

from features.catalogue import catalogues
from features.event import Event, EventDecoder, to_rfc3339
from features.kinds import load_kinds
from features.reference import load_reference

KINDS = load_kinds()
CATALOGUES = catalogues(list(KINDS.values()))
REFERENCE = load_reference(None)
T0 = 1_795_237_200_000
LIMIT = 131072
_DEFAULTS: dict[str, dict[str, Any]] = {
    "signup": {"account": "new", "ip": "192.0.2.1"},
    "login": {"account": "ada", "success": True},
    "mail": {"account": "ada", "direction": "inbound"},
}


def record(kind: str, event_id: str, time_ms: int = T0, source: str = "test", **data: Any) -> bytes:
    """One event as a producer writes it."""
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": event_id,
            "source": source,
            "type": kind,
            "time": to_rfc3339(time_ms),
            "data": {**_DEFAULTS[kind], **data},
        }
    )


def event(kind: str, event_id: str, time_ms: int = T0, source: str = "test", **data: Any) -> Event:
    return EventDecoder(KINDS[kind], LIMIT, 300).decode(record(kind, event_id, time_ms, source, **data))
