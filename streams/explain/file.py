"""Verdicts in a file, one JSON a line, as ``weir replay`` writes them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec

from models.verdict import Verdict, decode, event_time
from streams.explain.records import History, moment_of, nearest, target_of
from streams.files import open_input


class FileRecords:
    """Reads the file anew for each question; lines that are no verdicts are passed over."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def by_decision(self, decision_id: str) -> Verdict | None:
        return next((one for one in self._with(decision_id) if one.id == decision_id), None)

    def by_event(self, event_id: str, source: str | None, kind: str | None) -> list[Verdict]:
        found: dict[str, Verdict] = {}
        for one in self._with(event_id):
            event = one.data.event
            wanted = event.id == event_id and source in (None, event.source) and kind in (None, event.kind)
            if wanted and not isinstance(one.data.corrects, str):
                found.setdefault(one.id, one)
        return list(found.values())

    def corrections(self, decision_id: str) -> list[Verdict]:
        return [one for one in self._with(decision_id) if one.data.corrects == decision_id]

    def history(self, verdict: Verdict, span_ms: int, most: int) -> History:
        target = target_of(verdict.data)
        if target is None:
            return History(total=0, moments=())
        span, at = timedelta(milliseconds=span_ms), event_time(verdict)
        found = {
            one.id: moment_of(one)
            for one in self._with(target[1])
            if one.data.entities.get(target[0]) == target[1] and abs(event_time(one) - at) <= span
        }
        moments = sorted(found.values(), key=lambda one: one.time)
        return History(total=len(moments), moments=nearest(moments, verdict.time, most))

    def _with(self, text: str) -> Iterator[Verdict]:
        """The verdicts in which this text stands somewhere."""
        needle = msgspec.json.encode(text)
        with open_input(self._path) as opened:
            for line in opened.stream:
                if needle in line:
                    try:
                        yield decode(line)
                    except (msgspec.MsgspecError, UnicodeError):
                        continue
