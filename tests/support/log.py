"""A log of events and a worker's way through it, for stores: claims, micro-batches, redeliveries, restarts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from support.oracle import Oracle, Seen, printed

from features.aggregations.state import REPEATED
from features.catalogue import Catalogue, flags_of
from features.entity import digest
from features.event import Event
from features.reference import load_reference
from features.store.contract import Claim, ClaimState, Observation, Observed, Position, Store

REFERENCE = load_reference(None)


class Log:
    """Events in the order of the log, one partition a kind, from offset 1 on; ``at[i]`` is where event i stands."""

    def __init__(self, catalogues: Mapping[str, Catalogue], events: Sequence[Event], append_ms: int = 0) -> None:
        self.events = events
        self.at: list[Position] = []
        self._catalogues = catalogues
        ends: dict[str, int] = {}
        for one in events:
            partition = f"{one.kind.name}:0"
            ends[partition] = ends.get(partition, 0) + 1
            self.at.append(Position(partition, ends[partition], append_ms))
        self.partitions = list(ends)

    async def attach(self, store: Store) -> None:
        for partition in self.partitions:
            await store.attach(partition)

    async def claim(self, store: Store, begin: int, end: int) -> list[int]:
        """The events of a micro-batch that are no duplicates."""
        claims = [
            Claim(digest(one.partition_key), one.decision_id, self.at[i])
            for i, one in enumerate(self.events[begin:end], start=begin)
        ]
        claimed = await store.claim(claims)
        return [begin + i for i, answer in enumerate(claimed) if answer.state is not ClaimState.DUPLICATE]

    def observation(self, index: int) -> Observation:
        one = self.events[index]
        return Observation(self.at[index], one.time_ms, self._prepare(one).updates)

    def ends(self, begin: int, end: int) -> dict[str, int]:
        return {position.partition: position.offset for position in self.at[begin:end]}

    async def take(self, store: Store, begin: int, end: int) -> dict[int, Observed]:
        """One micro-batch: claimed, and observed but for its duplicates."""
        mine = await self.claim(store, begin, end)
        answers = await store.observe([self.observation(i) for i in mine], self.ends(begin, end))
        return dict(zip(mine, answers, strict=True))

    def vector(self, index: int, readings: Observed) -> dict[str, float]:
        one = self.events[index]
        catalogue = self._catalogues[one.kind.name]
        values = catalogue.vector(one, self._prepare(one), readings)
        for info, value in zip(catalogue.infos, values, strict=True):
            assert info.least is None or info.least <= value or info.aggregation == "sum", info.name
            assert info.most is None or value <= info.most + 1e-9, info.name
        return dict(zip(catalogue.names, values, strict=True))

    def seen(self, index: int) -> Seen:
        one = self.events[index]
        return Seen.of(one, self._catalogues[one.kind.name], REFERENCE)

    def oracle(self) -> Oracle:
        return Oracle(json.loads(json.dumps([i for c in self._catalogues.values() for i in printed(c)])))

    def check(self, observed: Mapping[int, Observed], wanted: Mapping[int, Mapping[str, float]] | None = None) -> int:
        """Compare with brute force; how many values were equal.

        ``observed``: what the store answered of each event that is no duplicate, in the order of the log; answers of
        events that it held already are not compared. ``wanted``: see there; made anew if it is not given.
        """
        compared = 0
        for index, values in (self.wanted(observed) if wanted is None else wanted).items():
            if not flags_of(observed[index]) & REPEATED:
                found = self.vector(index, observed[index])
                differ = {name: (found[name], value) for name, value in values.items() if found[name] != value}
                assert not differ, f"event {index}: found and expected: {differ}"
                compared += len(values)
        return compared

    def wanted(
        self, indices: Iterable[int], stride: int = 1, often: Sequence[str] = ()
    ) -> dict[int, dict[str, float]]:
        """What brute force finds for each of these events, which are all that count.

        ``stride``: only every so many events the entities and aggregations in ``often`` are computed, of which there
        are many events.
        """
        oracle = self.oracle()
        wanted = {}
        for index in indices:
            event = self.seen(index)
            wanted[index] = oracle.expected(event, often if index % stride else ())
            oracle.add(event)
        return wanted

    def _prepare(self, one: Event) -> Any:
        return self._catalogues[one.kind.name].prepare(one, REFERENCE)
