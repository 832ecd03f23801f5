"""Verdicts in a file, one JSON a line, as ``weir replay`` writes them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec

from models.learning.decisions import Origin
from models.verdict import Verdict, decode, event_time
from streams.explain.records import History, moment_of, nearest, target_of
from streams.explain.scanned import Scanned
from streams.files import open_input


class FileRecords(Scanned):
    """Reads the file anew for each question; lines that are no verdicts are passed over."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def corrections(self, decision_id: str) -> list[Verdict]:
        return [one for one in self._with(decision_id) if one.data.corrects == decision_id]

    def origin(self, decision_id: str) -> Origin | None:
        """The record's headers, which tell it, are not in the file."""
        return None

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
