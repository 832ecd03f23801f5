"""What belongs to decisions in Redis: claims, kept verdicts, and what decisions are counted for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from redis.asyncio import Redis

from features.entity import slot_of
from features.store.cluster import Cluster
from features.store.contract import Claim, Claimed, ClaimState, Keep, Tally, Track, Tracked
from features.store.counted import Moves, recall_call, track_key, tracked_of
from features.store.functions import Call, Functions
from features.store.servers import raise_first


class RedisDecisions:
    """The part of ``RedisStore`` that knows decisions and no features; each lives on its partition key's shard."""

    def __init__(
        self, client: Redis | Cluster, namespace: str, shards: int, dedupe_s: int, keep_s: int, max_lag_s: int
    ) -> None:
        self._functions = Functions(client)
        self._shards = shards
        self._dedupe_ms = dedupe_s * 1000
        self._keep_ms = keep_s * 1000
        self._max_lag_ms = max_lag_s * 1000
        self._tags = [f"{namespace}:{{{shard}}}:".encode() for shard in range(shards)]

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
            tag = self._tags[shard]
            keys = [_key(tag, what, keep.decision_id) for keep in part for what in (b"keep:", b"claim:")]
            moves = Moves(tag, keys, self._max_lag_ms)
            words = [word for keep in part for word in (keep.verdict, moves.encode(keep))]
            return keys, [str(self._keep_ms), *words]

        kept = await self._by_shard("keep", keeps, [keep.digest for keep in keeps], call)
        return [there if there is not None else keep.verdict for there, keep in zip(kept, keeps, strict=True)]

    async def recall(
        self, tallies: Sequence[Tally], time_ms: int, tracks: Sequence[tuple[bytes, Track]]
    ) -> tuple[list[int], list[list[Tracked]]]:
        shards = [slot_of(digest) % self._shards for digest, _ in tracks]
        wanted = sorted(set(range(self._shards)) if tallies else set(shards))
        calls = [
            recall_call(
                self._tags[shard],
                tallies,
                time_ms,
                [t for s, (_, t) in zip(shards, tracks, strict=True) if s == shard],
            )
            for shard in wanted
        ]
        replies = await self._functions.call_many(calls)
        raise_first(replies)
        found = {shard: iter(held) for shard, (_, held) in zip(wanted, replies, strict=True)}
        counts = [sum(parts) for parts in zip(*(counted for counted, _ in replies), strict=True)] if tallies else []
        return counts, [tracked_of(next(found[shard])) for shard in shards]

    async def untrack(self, tracked: Sequence[tuple[bytes, Track, str]]) -> int:
        calls: list[Call] = [
            ("untrack", [track_key(self._tags[slot_of(digest) % self._shards], track)], [bytes.fromhex(decision_id)])
            for digest, track, decision_id in tracked
        ]
        replies = await self._functions.call_many(calls)
        raise_first(replies)
        return sum(replies)

    async def _by_shard(self, function: str, items: Sequence[Any], digests: Iterable[bytes], call: Any) -> list[Any]:
        groups: dict[int, list[int]] = {}
        for index, digest in enumerate(digests):
            groups.setdefault(slot_of(digest) % self._shards, []).append(index)
        calls = [(function, *call(shard, [items[i] for i in indices])) for shard, indices in groups.items()]
        replies = await self._functions.call_many(calls)
        raise_first(replies)
        result: list[Any] = [None] * len(items)
        for indices, reply in zip(groups.values(), replies, strict=True):
            for index, answer in zip(indices, reply, strict=True):
                result[index] = answer
        return result


def _key(tag: bytes, what: bytes, decision_id: str) -> bytes:
    """The key of a decision; its id is hexadecimal, and half as long as bytes."""
    return tag + what + bytes.fromhex(decision_id)
