"""Verdicts in Kafka, found by reading all that the log retains."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from models.verdict import Verdict, decode
from streams.clients.verdict_log import VerdictLog
from streams.explain.scanned import Scanned
from streams.settings import Settings


class LogRecords(Scanned):
    """Reads the log anew for each question; Kafka and the topic must be there."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def _with(self, text: str) -> Iterator[Verdict]:
        needle = msgspec.json.encode(text)
        with VerdictLog(self._settings) as log:
            for message in log.read(log.starts(), log.ends()):
                record = message.value()
                if record is not None and needle in record:
                    try:
                        yield decode(record)
                    except (msgspec.MsgspecError, UnicodeError):
                        continue
