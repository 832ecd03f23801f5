"""The one decision that an id means: a decision's own, or that of the event which it is about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from models.verdict import Verdict

_DECISION = re.compile(r"[0-9a-f]{32}")


class Finder(Protocol):
    """As ``records.Records``, of which it is a part."""

    def by_decision(self, decision_id: str) -> Verdict | None: ...

    def by_event(self, event_id: str, source: str | None, kind: str | None) -> list[Verdict]: ...


def find(records: Finder, wanted: str, source: str | None, kind: str | None) -> list[Verdict]:
    """What fits; with a source or kind ``wanted`` is an event's id. Raises what ``records`` raises."""
    if source is None and kind is None and _DECISION.fullmatch(wanted):
        verdict = records.by_decision(wanted)
        if verdict is not None:
            return [verdict]
    return records.by_event(wanted, source, kind)


def why_not_one(found: Sequence[Verdict], where: str) -> str:
    """In words, where not exactly one was found. Nothing is escaped: values come from events."""
    if not found:
        return f"{where} has no verdict of this id, and none about an event of this id"
    events = "; ".join(f"--kind {one.data.event.kind} --source {one.data.event.source}" for one in found)
    return f"several events have this id, say which: {events}"
