"""What a worker knows of the partitions that it decides: up to where each is done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from streams.record import Record
from streams.wire import RecordRef


class Partitions:
    """A partition is attached when its marks are known and everything before its records is in the store.

    ``epoch`` changes whenever partitions are given or taken: what was awaited across a change is not believed.
    """

    def __init__(self) -> None:
        self.epoch = 0
        self._last: dict[str, RecordRef] = {}

    def detach(self, numbers: Iterable[int]) -> None:
        gone = set(numbers)
        self.epoch += 1
        self._last = {place: last for place, last in self._last.items() if last.partition not in gone}

    def attach(self, first: RecordRef) -> None:
        """Everything before ``first`` is done."""
        self._last[first.place] = replace(first, offset=first.offset - 1)

    def is_attached(self, place: str) -> bool:
        return place in self._last

    def done(self, records: Sequence[Record]) -> None:
        """These are done; partitions that were taken meanwhile are left alone."""
        for record in records:
            if record.where.place in self._last:
                self._last[record.where.place] = record.where

    def ends(self) -> dict[str, int]:
        """By partition, the last offset that is done."""
        return {place: last.offset for place, last in self._last.items()}

    def next(self, place: str) -> RecordRef:
        """Where the next record of an attached partition stands."""
        last = self._last[place]
        return replace(last, offset=last.offset + 1)


def in_log_order(records: Sequence[Record]) -> list[Record]:
    """Each record once, in the order of its partition's log.

    When a partition is taken away and given back while a micro-batch waits, the engine can deliver a record from
    before ahead of the stretch that it then reads again. What comes again later is left for later.
    """
    least: dict[str, int] = {}
    kept = []
    for record in reversed(records):
        place, offset = record.where.place, record.where.offset
        if place not in least or offset < least[place]:
            least[place] = offset
            kept.append(record)
    kept.reverse()
    return kept
