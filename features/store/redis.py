"""The store in Redis: one atomic Function call a shard and micro-batch."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgpack
from redis.asyncio import Redis

from features.aggregations.state import FLAGS, NEW, EntityPlan, Reading
from features.entity import slot_of
from features.errors import StoreBehind
from features.prepared import Update, key_of
from features.store.contract import Claim, Claimed, ClaimState, Keep, Observation, Observed
from features.store.functions import Functions
from features.store.request import Request, WirePlans


class RedisStore:
    """See ``Store``. ``namespace`` begins every key; ``shards`` must never change for a namespace.

    Keys: ``<namespace>:{<shard>}:<kind>:<entity>:<digest>`` and, beside them, marks, layouts, claims and kept
    verdicts. An entity's key lives for its horizon plus ``max_lag_s`` after its last event.
    """

    def __init__(
        self,
        client: Redis,
        *,
        namespace: str = "weir",
        shards: int = 4,
        dedupe_s: int = 3600,
        keep_s: int = 120,
        max_lag_s: int = 86400,
    ) -> None:
        self._functions = Functions(client)
        self._shards = shards
        self._dedupe_ms = dedupe_s * 1000
        self._keep_ms = keep_s * 1000
        self._max_lag_ms = max_lag_s * 1000
        self._tags = [f"{namespace}:{{{shard}}}:".encode() for shard in range(shards)]
        self._seen: dict[tuple[int, str], int] = {}
        self._origins: dict[tuple[int, str], int] = {}
        self._plans = WirePlans(self._max_lag_ms)

    async def attach(self, partition: str) -> int:
        least = None
        for shard in range(self._shards):
            mark, origin = await self._functions.command(
                "HMGET", self._tags[shard] + b"marks", partition, f"origin:{partition}"
            )
            seen = self._seen[shard, partition] = -1 if mark is None else int(mark)
            self._origins.pop((shard, partition), None)
            if origin is not None:
                self._origins[shard, partition] = int(origin)
            least = seen if least is None else min(least, seen)
        return -1 if least is None else least

    async def claim(self, claims: Sequence[Claim]) -> list[Claimed]:
        def call(shard: int, part: list[Claim]) -> tuple[list[bytes], list[Any]]:
            tag = self._tags[shard]
            keys, args = [], [str(self._dedupe_ms), str(self._dedupe_ms + self._max_lag_ms)]
            for claim in part:
                keys += [_key(tag, b"claim:", claim.decision_id), _key(tag, b"keep:", claim.decision_id)]
                args += [claim.position.partition, str(claim.position.offset), str(claim.position.append_ms)]
            return keys, args

        return [
            Claimed(ClaimState(int(state)), kept)
            for state, kept in await self._by_shard("claim", claims, [claim.digest for claim in claims], call)
        ]

    async def keep(self, keeps: Sequence[Keep]) -> list[bytes]:
        def call(shard: int, part: list[Keep]) -> tuple[list[bytes], list[Any]]:
            keys = [_key(self._tags[shard], b"keep:", keep.decision_id) for keep in part]
            return keys, [str(self._keep_ms), *(keep.verdict for keep in part)]

        kept = await self._by_shard("keep", keeps, [keep.digest for keep in keeps], call)
        return [there if there is not None else keep.verdict for there, keep in zip(kept, keeps, strict=True)]

    async def observe(self, observations: Sequence[Observation], ends: Mapping[str, int]) -> list[Observed]:
        shards = {shard for shard in range(self._shards) for p in ends if self._seen.get((shard, p), -1) < 0}
        return await self._observe(observations, ends, shards)

    async def refill(self, observations: Sequence[Observation], ends: Mapping[str, int]) -> None:
        lacking = self._lacking(ends)
        await self._observe(observations, ends, lacking, only=lacking)

    async def follow(self, ends: Mapping[str, int]) -> None:
        # All shards are asked, also those that lack nothing: a quiet one may have lost its tail.
        await self._observe((), ends, set(range(self._shards)))

    async def look(self, plan: EntityPlan, digest: bytes, time_ms: int) -> Reading | None:
        slot = slot_of(digest)
        update = Update(replace(plan, whole=plan), key_of(plan.prefix, digest), slot, [])
        request = Request(self._tags[slot % self._shards])
        request.add(update, WirePlans(0), (time_ms, 0, 0))
        reply = msgpack.unpackb(await self._functions.call("observe", request.keys, [request.encode([])]))
        reading: list[int] = reply[2]
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
        """Raises StoreUnavailable if no server answers."""
        await self._functions.command("PING")

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
    ) -> list[Observed]:
        """Ask ``shards`` and those that the observations touch (of ``only``, if given)."""
        partitions = {partition: index for index, partition in enumerate(ends, start=1)}
        requests = {shard: Request(self._tags[shard]) for shard in sorted(shards)}
        origins: dict[str, int] = {}
        places: list[list[tuple[Request, int, int] | None]] = []
        count, plans = self._shards, self._plans
        for observation in observations:
            position, time_ms = observation.position, observation.time_ms
            origins.setdefault(position.partition, time_ms)
            event = time_ms, partitions[position.partition], position.offset
            mine: list[tuple[Request, int, int] | None] = []
            for update in observation.updates:
                if update is None:
                    mine.append(None)
                    continue
                shard = update.slot % count
                request = requests.get(shard)
                if request is None:
                    if only is not None and shard not in only:
                        mine.append(None)
                        continue
                    request = requests[shard] = Request(self._tags[shard])
                mine.append(request.add(update, plans, event))
            places.append(mine)
        await self._call_all(requests, ends, origins)
        return [[None if one is None else one[0].answer[one[1] : one[2]] for one in mine] for mine in places]

    async def _call_all(
        self, requests: Mapping[int, Request], ends: Mapping[str, int], origins: Mapping[str, int]
    ) -> None:
        async def one(shard: int, request: Request) -> Any:
            wanted = [[p, self._seen.get((shard, p), -1), end, origins.get(p, False)] for p, end in ends.items()]
            blob = await self._functions.call("observe", request.keys, [request.encode(wanted)])
            return msgpack.unpackb(blob)

        replies = await asyncio.gather(*(one(shard, request) for shard, request in requests.items()))
        behind: dict[tuple[int, str], int | None] = {}
        for (shard, request), reply in zip(requests.items(), replies, strict=True):
            if not reply[0]:
                # What this store object expects stays: only attach, which somebody then acts on, lowers it.
                for partition, mark in zip(ends, reply[1], strict=True):
                    if mark < self._seen.get((shard, partition), -1):
                        behind[shard, partition] = None if mark < 0 else mark
                continue
            for partition, (mark, origin) in zip(ends, reply[1], strict=True):
                self._seen[shard, partition] = int(mark)
                if origin is not None and origin is not False:
                    self._origins[shard, partition] = int(origin)
            request.answer = reply[2]
        if behind:
            raise StoreBehind(behind)

    async def _by_shard(self, function: str, items: Sequence[Any], digests: Iterable[bytes], call: Any) -> list[Any]:
        groups: dict[int, list[int]] = {}
        for index, digest in enumerate(digests):
            groups.setdefault(slot_of(digest) % self._shards, []).append(index)
        calls = [call(shard, [items[i] for i in indices]) for shard, indices in groups.items()]
        replies = await asyncio.gather(*(self._functions.call(function, keys, args) for keys, args in calls))
        result: list[Any] = [None] * len(items)
        for indices, reply in zip(groups.values(), replies, strict=True):
            for index, answer in zip(indices, reply, strict=True):
                result[index] = answer
        return result


def _key(tag: bytes, what: bytes, decision_id: str) -> bytes:
    """The key of a decision; its id is hexadecimal, and half as long as bytes."""
    return tag + what + bytes.fromhex(decision_id)
