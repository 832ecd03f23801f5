"""The store in Redis: one atomic Function call a shard and micro-batch."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgpack
from redis.asyncio import Redis

from features.aggregations.state import FLAGS, NEW, EntityPlan, Reading
from features.entity import slot_of
from features.errors import StoreBehind
from features.prepared import Update, key_of
from features.store.cluster import Cluster
from features.store.contract import Observation, Observed, Position
from features.store.decisions import RedisDecisions
from features.store.request import Batch, Request, WirePlans
from features.store.servers import raise_first


class RedisStore(RedisDecisions):
    """See ``Store``. ``namespace`` begins every key; ``shards`` must never change for a namespace.

    Keys: ``<namespace>:{<shard>}:<kind>:<entity>:<digest>`` and, beside them, marks, layouts, claims and kept
    verdicts. An entity's key lives for its horizon plus ``max_lag_s`` after its last event.
    """

    def __init__(
        self,
        client: Redis | Cluster,
        *,
        namespace: str = "weir",
        shards: int = 4,
        dedupe_s: int = 3600,
        keep_s: int = 120,
        max_lag_s: int = 86400,
    ) -> None:
        super().__init__(client, namespace, shards, dedupe_s, keep_s, max_lag_s)
        self._seen: dict[tuple[int, str], int] = {}
        self._origins: dict[tuple[int, str], int] = {}
        # Shards that held nothing of a partition when it was attached, until its refill is over.
        self._empty: set[tuple[int, str]] = set()
        self._plans = WirePlans(self._max_lag_ms)

    async def attach(self, partition: str) -> int:
        least = None
        for shard in range(self._shards):
            mark, origin = await self._functions.command(
                "HMGET", self._tags[shard] + b"marks", partition, f"origin:{partition}"
            )
            seen = self._seen[shard, partition] = -1 if mark is None else int(mark)
            self._origins.pop((shard, partition), None)
            (self._empty.add if seen < 0 else self._empty.discard)((shard, partition))
            if origin is not None:
                self._origins[shard, partition] = int(origin)
            least = seen if least is None else min(least, seen)
        return -1 if least is None else least

    async def observe(self, observations: Sequence[Observation], ends: Mapping[str, int]) -> list[Observed]:
        shards = {shard for shard in range(self._shards) for p in ends if self._seen.get((shard, p), -1) < 0}
        answers = await self._observe(observations, ends, shards)
        self._empty = {(shard, p) for shard, p in self._empty if p not in ends}
        return answers

    async def refill(self, observations: Sequence[Observation], ends: Mapping[str, int]) -> None:
        lacking = self._lacking(ends)
        rebuilt = {shard for shard, partition in self._empty if partition in ends}
        await self._observe(observations, ends, lacking, only=lacking, rebuilt=rebuilt)

    async def follow(self, ends: Mapping[str, int]) -> None:
        # All shards are asked, also those that lack nothing: a quiet one may have lost its tail.
        await self._observe((), ends, set(range(self._shards)))

    async def look(self, plan: EntityPlan, digest: bytes, time_ms: int) -> Reading | None:
        slot = slot_of(digest)
        update = Update(replace(plan, whole=plan), key_of(plan.prefix, digest), slot, [])
        batch = Batch(
            [Observation(Position("", 0, 0), time_ms, [update])], {"": 0}, self._tags, WirePlans(0), (), None
        )
        (request,) = batch.requests.values()
        blob = await self._functions.call("observe", request.keys, [request.encode([], batch.events)])
        reading: list[int] = msgpack.unpackb(blob)[2]
        return None if reading[FLAGS] & NEW else reading

    async def forget(self, digest: bytes, prefixes: Sequence[str]) -> int:
        tag = self._tags[slot_of(digest) % self._shards]
        return sum([int(await self._functions.command("DEL", tag + key_of(p, digest))) for p in prefixes])

    async def held(self, digest: bytes, prefix: str) -> tuple[int, int, int] | None:
        """Bytes of an entity's key and of its state, and for how many ms it lives yet; None: there is no state."""
        key = self._tags[slot_of(digest) % self._shards] + key_of(prefix, digest)
        size, life_ms = [await self._functions.command(word, key) for word in ("STRLEN", "PTTL")]
        return None if int(life_ms) < 0 else (len(key), int(size), int(life_ms))

    def origin_ms(self, partition: str) -> int | None:
        origins = [self._origins.get((shard, partition)) for shard in range(self._shards)]
        known = [origin for origin in origins if origin is not None]
        return max(known) if len(known) == len(origins) else None

    async def ping(self) -> None:
        """Raises StoreUnavailable unless every server answers."""
        await self._functions.ping()

    async def close(self) -> None:
        await self._functions.close()

    def _lacking(self, ends: Mapping[str, int]) -> set[int]:
        return {
            shard
            for shard in range(self._shards)
            for partition, end in ends.items()
            if self._seen.get((shard, partition), -1) < end
        }

    async def _observe(
        self,
        observations: Sequence[Observation],
        ends: Mapping[str, int],
        shards: set[int],
        only: set[int] | None = None,
        rebuilt: Container[int] = (),
    ) -> list[Observed]:
        """Ask ``shards`` and those that the observations touch (of ``only``, if given)."""
        partitions = {partition: number for number, partition in enumerate(ends, start=1)}
        origins: dict[str, int] = {}
        for observation in observations:
            # The greatest of the first: one very old event among them tells of no history.
            partition = observation.position.partition
            origins[partition] = max(observation.time_ms, origins.get(partition, observation.time_ms))
        batch = Batch(observations, partitions, self._tags, self._plans, shards, only)
        calls = []
        for shard, request in batch.requests.items():
            wanted = [[p, self._seen.get((shard, p), -1), end, origins.get(p, False)] for p, end in ends.items()]
            calls.append(("observe", request.keys, [request.encode(wanted, batch.events, shard in rebuilt)]))
        answers = await self._functions.call_many(calls)
        self._take(batch.requests, answers, ends)
        raise_first(answers)
        return batch.readings()

    def _take(self, requests: Mapping[int, Request], answers: Sequence[Any], ends: Mapping[str, int]) -> None:
        """Learn from each shard that answered what it holds now; raises StoreBehind."""
        behind: dict[tuple[int, str], int | None] = {}
        for (shard, request), answer in zip(requests.items(), answers, strict=True):
            if isinstance(answer, Exception):
                continue
            done, marks, *readings = msgpack.unpackb(answer)
            if not done:
                # What this store object expects stays: only attach, which somebody then acts on, lowers it.
                for partition, mark in zip(ends, marks, strict=True):
                    if mark < self._seen.get((shard, partition), -1):
                        behind[shard, partition] = None if mark < 0 else mark
                continue
            for partition, (mark, origin) in zip(ends, marks, strict=True):
                self._seen[shard, partition] = int(mark)
                if origin is not False:
                    self._origins[shard, partition] = int(origin)
            (request.readings,) = readings
        if behind:
            raise StoreBehind(behind)
