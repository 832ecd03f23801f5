"""What Kafka still holds of verdicts and labels, and since when it does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from models.verdict import Verdict, decode
from streams.clients.verdict_log import VerdictLog
from streams.offline.backtest.topic import EVER_MS, read_topic
from streams.settings import Settings
from streams.topics import VERDICTS


@dataclass(frozen=True, slots=True)
class Begin:
    """``at_ms``: since then a topic holds every record, by the time of append. ``lost``: there were some before that;
    else it was made then, and perhaps took the place of another."""

    at_ms: int
    lost: bool


def begin_of(log: VerdictLog) -> Begin:
    starts, ends = log.starts(), log.ends()
    first = {number: min(start + 1, ends[number]) for number, start in starts.items()}
    at_ms = {message.partition(): message.timestamp()[1] for message in log.read(starts, first)}
    lost = [number for number, start in starts.items() if start]
    if not lost:
        return Begin(min(at_ms.values(), default=EVER_MS), False)
    # A partition that lost all that it had may have lost it a moment ago.
    return Begin(max(at_ms.get(number, EVER_MS) for number in lost), True)


class KafkaVerdicts:
    """The verdicts that were appended at a moment or later, in that order; what is none is counted and left out.

    ``read`` and ``total``: records, of which some may have been appended meanwhile.
    """

    def __init__(self, settings: Settings, since_ms: int) -> None:
        self._settings = settings
        self._since_ms = max(0, since_ms)
        self.unreadable = 0
        self.read = 0
        with VerdictLog(settings) as log:
            self.begin = begin_of(log)
            starts, ends = log.starts(self._since_ms), log.ends()
        self.total = sum(max(0, end - starts[number]) for number, end in ends.items())

    def __iter__(self) -> Iterator[Verdict]:
        for record in read_topic(self._settings, self._settings.topic(VERDICTS), self._since_ms, EVER_MS):
            self.read += 1
            try:
                yield decode(record)
            except (msgspec.MsgspecError, UnicodeError):
                self.unreadable += 1
