"""What a worker does with a store, without Kafka: micro-batches in order, patience, and refilling what was lost."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence

from support.events import CATALOGUES, REFERENCE, T0, event

from features.aggregations.state import FLAGS, REBUILDING, REPEATED
from features.catalogue import flags_of
from features.errors import StoreBehind, StoreUnavailable
from features.event import Event
from features.store.contract import Observation, Observed, Position, Store
from features.store.memory import MemoryStore

_PARTITIONS = 2
_CATALOGUE = CATALOGUES["login"]


def logins(count: int, seed: int = 7) -> list[Event]:
    """Logins a second apart, of few accounts and addresses, so that every batch meets known ones."""
    draw = random.Random(seed)
    return [
        event(
            "login",
            f"e{i}",
            T0 + i * 1000,
            account=f"a{draw.randrange(12)}",
            ip=f"192.0.2.{draw.randrange(9)}",
            success=draw.random() < 0.5,
            country=draw.choice(["DE", "FR", "ZA"]),
        )
        for i in range(count)
    ]


class Feed:
    """A log of events in two partitions, and the store that is fed with it.

    ``unavailable``, ``behind``: how often the store said so.
    """

    def __init__(self, store: Store, log: Sequence[Event]) -> None:
        self.unavailable = 0
        self.behind = 0
        self.answers: list[Observed] = []
        self._store = store
        self._log = log

    async def attach(self) -> None:
        for partition in range(_PARTITIONS):
            await self._patiently_attach(partition)

    async def take(self, end: int, batch: int = 20, pause_s: float = 0.0) -> None:
        """Feed the log on, up to ``end``."""
        while (start := len(self.answers)) < end:
            stop = min(start + batch, end)
            self.answers += await self._observe(start, stop)
            await asyncio.sleep(pause_s)

    async def check(self) -> None:
        """Every event was counted once: the answers are those of a memory store that nothing ever befell, and the
        counts are those of counting by hand."""
        memory, undisturbed = MemoryStore(), []
        for partition in range(_PARTITIONS):
            await memory.attach(f"T:{partition}")
        for i in range(len(self.answers)):
            undisturbed += await memory.observe([self._observation(i)], self._ends(i + 1))
        count, column = Counter[str](), _CATALOGUE.names.index("account.logins_24h")
        fresh = 0
        for one, expected, found in zip(self._log, undisturbed, self.answers, strict=False):
            count[one.data.account] += 1
            # What was asked for again, because its first answer was lost, may have met later events of its batch.
            if not flags_of(found) & REPEATED:
                fresh += 1
                assert _lists(found) == _lists(expected)
                vector = _CATALOGUE.vector(one, _CATALOGUE.prepare(one, REFERENCE), found)
                assert vector[column] == count[one.data.account]
        assert fresh > len(self.answers) / 2

    async def _observe(self, start: int, stop: int) -> list[Observed]:
        observations = [self._observation(i) for i in range(start, stop)]
        while True:
            try:
                return list(await self._store.observe(observations, self._ends(stop)))
            except StoreUnavailable:
                await self._wait()
            except StoreBehind:
                self.behind += 1
                for partition in range(_PARTITIONS):
                    await self._refill(partition, start)

    async def _refill(self, partition: int, before: int) -> None:
        """Give the store what it lacks of a partition, up to the log's event ``before``."""
        name = f"T:{partition}"
        while True:
            mark = await self._patiently_attach(partition)
            lost = [i for i in range(before) if i % _PARTITIONS == partition and i // _PARTITIONS > mark]
            try:
                for at in range(0, len(lost), 30):
                    part = lost[at : at + 30]
                    await self._store.refill([self._observation(i) for i in part], {name: part[-1] // _PARTITIONS})
                return
            except StoreUnavailable:
                await self._wait()
            except StoreBehind:
                self.behind += 1

    async def _patiently_attach(self, partition: int) -> int:
        while True:
            try:
                return await self._store.attach(f"T:{partition}")
            except StoreUnavailable:
                await self._wait()

    async def _wait(self) -> None:
        self.unavailable += 1
        assert self.unavailable < 400, "the store did not come back"
        await asyncio.sleep(0.1)

    def _observation(self, index: int) -> Observation:
        one = self._log[index]
        position = Position(f"T:{index % _PARTITIONS}", index // _PARTITIONS, one.time_ms)
        return Observation(position, one.time_ms, _CATALOGUE.prepare(one, REFERENCE).updates)

    def _ends(self, stop: int) -> dict[str, int]:
        """The last offset of each partition before ``stop``."""
        return {f"T:{p}": (stop - 1 - p) // _PARTITIONS for p in range(_PARTITIONS) if stop > p}


def _lists(readings: Observed) -> list[list[int] | None]:
    """Without the word that a store is being rebuilt, which brute force knows nothing of."""
    return [None if one is None else [one[FLAGS] & ~REBUILDING, *one[FLAGS + 1 :]] for one in readings]
