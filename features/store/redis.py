"""The store in Redis: one atomic Function call a shard and micro-batch."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgpack
from redis.asyncio import Redis

from features.aggregations.state import EntityPlan, Reading
from features.entity import shard_of
from features.errors import StoreBehind
from features.store.contract import Claim, Claimed, ClaimState, Keep, Observation, Observed
from features.store.functions import Functions


class RedisStore:
    """See ``Store``. ``namespace`` begins every key; ``shards`` must never change for a namespace.

    Keys: ``<namespace>:{<shard>}:<kind>:<entity>:<digest>`` and, beside them, marks, claims and kept verdicts.
    An entity's key lives for its horizon plus ``max_lag_s`` after its last event.
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
        self._wire_plans: dict[EntityPlan, list[Any]] = {}

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
        calls = {shard: _Call(self._tags[shard]) for shard in sorted(shards)}
        origins: dict[str, int] = {}
        places: list[list[tuple[str, int, int]]] = []
        partitions = {partition: index for index, partition in enumerate(ends, start=1)}
        for observation in observations:
            position = observation.position
            origins.setdefault(position.partition, observation.time_ms)
            mine = []
            for update in observation.updates:
                shard = shard_of(update.handle.digest, self._shards)
                if only is not None and shard not in only:
                    continue
                if shard not in calls:
                    calls[shard] = _Call(self._tags[shard])
                plan = self._wire_plan(update.plan)
                index = calls[shard].add(
                    update.plan,
                    plan,
                    update.handle.digest,
                    [observation.time_ms, partitions[position.partition], position.offset],
                    [*update.weights, *(-1 if value is None else value for value in update.hashes)],
                )
                mine.append((update.handle.name, shard, index))
            places.append(mine)
        answers = await self._call_all(calls, ends, origins)
        result = []
        for observation, mine in zip(observations, places, strict=True):
            plans = {update.handle.name: update.plan for update in observation.updates}
            readings: dict[str, Reading] = {}
            repeated = False
            for name, shard, index in mine:
                answer = answers[shard][index]
                repeated = repeated or bool(answer[0])
                readings[name] = _reading(plans[name], answer)
            result.append(Observed(readings, repeated))
        return result

    async def _call_all(
        self, calls: Mapping[int, _Call], ends: Mapping[str, int], origins: Mapping[str, int]
    ) -> dict[int, list[Any]]:
        async def one(shard: int, call: _Call) -> Any:
            wanted = [[p, self._seen.get((shard, p), -1), end, origins.get(p, False)] for p, end in ends.items()]
            request = msgpack.packb([call.plans, wanted, call.updates], use_bin_type=False)
            blob = await self._functions.call("observe", call.keys, [request])
            return msgpack.unpackb(blob, raw=False)

        replies = await asyncio.gather(*(one(shard, call) for shard, call in calls.items()))
        behind: dict[tuple[int, str], int | None] = {}
        answers: dict[int, list[Any]] = {}
        for shard, reply in zip(calls, replies, strict=True):
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
            answers[shard] = reply[2]
        if behind:
            raise StoreBehind(behind)
        return answers

    def _wire_plan(self, plan: EntityPlan) -> list[Any]:
        wire = self._wire_plans.get(plan)
        if wire is None:
            wire = self._wire_plans[plan] = [
                [[ring.id, ring.bucket_s * 1000, ring.buckets] for ring in plan.rings],
                [
                    [
                        values.id,
                        values.bucket_s * 1000,
                        values.cap,
                        [n for span in values.spans for n in span],
                    ]
                    for values in plan.sets
                ],
                plan.horizon_s * 1000,
                plan.horizon_s * 1000 + self._max_lag_ms,
            ]
        return wire

    async def _by_shard(self, function: str, items: Sequence[Any], digests: Iterable[bytes], call: Any) -> list[Any]:
        groups: dict[int, list[int]] = {}
        for index, digest in enumerate(digests):
            groups.setdefault(shard_of(digest, self._shards), []).append(index)
        calls = [call(shard, [items[i] for i in indices]) for shard, indices in groups.items()]
        replies = await asyncio.gather(*(self._functions.call(function, keys, args) for keys, args in calls))
        result: list[Any] = [None] * len(items)
        for indices, reply in zip(groups.values(), replies, strict=True):
            for index, answer in zip(indices, reply, strict=True):
                result[index] = answer
        return result


class _Call:
    """One shard's part of a micro-batch."""

    def __init__(self, tag: bytes) -> None:
        self._tag = tag
        self.keys: list[bytes] = [tag + b"marks"]
        self.plans: list[Any] = []
        self.updates: list[list[int]] = []
        self._key_index: dict[bytes, int] = {}
        self._plan_index: dict[str, int] = {}

    def add(self, plan: EntityPlan, wire: list[Any], digest: bytes, when: list[int], inputs: list[int]) -> int:
        if plan.prefix not in self._plan_index:
            self.plans.append(wire)
            self._plan_index[plan.prefix] = len(self.plans)
        name = self._tag + plan.prefix.encode() + b":" + digest
        if name not in self._key_index:
            self.keys.append(name)
            self._key_index[name] = len(self.keys)
        self.updates.append([self._key_index[name], self._plan_index[plan.prefix], *when, *inputs])
        return len(self.updates) - 1


def _key(tag: bytes, what: bytes, decision_id: str) -> bytes:
    """The key of a decision; its id is hexadecimal, and half as long as bytes."""
    return tag + what + bytes.fromhex(decision_id)


def _reading(plan: EntityPlan, answer: list[Any]) -> Reading:
    _, newest, oldest, late, *numbers = answer
    at = len(plan.rings)
    sums = tuple(int(n) for n in numbers[:at])
    counts = []
    for values in plan.sets:
        counts.append(tuple(int(n) for n in numbers[at : at + len(values.spans)]))
        at += len(values.spans)
    known = tuple(bool(n) for n in numbers[at:])
    if newest is False:
        return Reading(None, None, bool(late), sums, tuple(counts), known)
    return Reading(int(newest), int(oldest), bool(late), sums, tuple(counts), known)
