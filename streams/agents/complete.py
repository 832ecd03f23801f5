"""Keeping the store complete: whatever stands before a record in its log is in the store before it is decided."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from features.errors import StoreBehind
from features.store.contract import Store
from streams import metrics
from streams.agents.partitions import Partitions
from streams.agents.refill import Refill
from streams.record import Record
from streams.wire import RecordRef

log = structlog.get_logger()


class Completeness:
    """Of one kind; by one caller at a time. All methods raise StoreUnavailable where the store does not answer."""

    def __init__(self, kind: str, store: Store, refill: Refill) -> None:
        self.partitions = Partitions()
        self._kind = kind
        self._store = store
        self._refill = refill

    async def attach(self, records: Sequence[Record]) -> None:
        """For partitions that are new to this worker: learn the marks, and fill what lies before its records."""
        for record in records:
            while not self.partitions.is_attached(record.where.place):
                await self.catch_up(record.where)

    async def catch_up(self, before: RecordRef) -> None:
        """Fill what lies before the next record of a partition; what was taken away meanwhile is not believed."""
        if self.partitions.is_attached(before.place):
            return
        epoch = self.partitions.epoch
        mark = await self._store.attach(before.place)
        if mark < before.offset - 1:
            await self._refill.fill(before, mark)
        if epoch == self.partitions.epoch:
            self.partitions.attach(before)

    async def follow(self) -> None:
        """Move the marks of shards that no event touched, and fill what a store has lost meanwhile."""
        ends = self.partitions.ends()
        if ends:
            try:
                await self._store.follow(ends)
            except StoreBehind as behind:
                await self.fill(behind, ())

    async def fill(self, behind: StoreBehind, records: Sequence[Record]) -> None:
        """Give the store what it lost of each partition, up to these records or to what is done."""
        metrics.STORE_BEHIND.inc()
        log.warning("store_behind", kind=self._kind, marks=len(behind.marks), doing="refilling")
        first: dict[str, RecordRef] = {}
        for record in records:
            first.setdefault(record.where.place, record.where)
        for place in {place for _, place in behind.marks}:
            if place in first or self.partitions.is_attached(place):
                before = first.get(place) or self.partitions.next(place)
                await self._refill.fill(before, await self._store.attach(place))
