"""Loading made-up entities through the store, and what the server then says of its memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import redis
from redis.asyncio import Redis
from redis.exceptions import RedisError

from features.aggregations.state import EntityPlan
from features.cost import STEP_MS, T0_MS, inputs
from features.entity import digest, slot_of
from features.errors import WeirError
from features.prepared import Update, key_of
from features.store.contract import Observation, Position
from features.store.redis import RedisStore

# So many updates to a call; two calls are on their way, so that client and server work at the same time.
_UPDATES = 2000
_LANES = 2
# Emptying a server of a million keys takes it many seconds.
_PATIENCE_S = 300.0
# One shard: its call is as large as it was made here.
TAG = "cost:{0}:"


class MeasuredRedis:
    """A server that is empty before and after each measurement. Raises WeirError if it was not, or is no Redis."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = redis.Redis.from_url(url, decode_responses=True, socket_timeout=_PATIENCE_S)
        try:
            held = int(self._client.dbsize())
        except RedisError as error:
            raise WeirError(f"the Redis to measure in does not answer ({error}): is its address right?") from None
        if held:
            raise WeirError(f"the Redis to measure in holds {held} keys: name an empty one, it is emptied afterwards")

    def close(self) -> None:
        self._client.close()

    def measure(self, plan: EntityPlan, entities: int, events: int, tell: Callable[[int], None]) -> float:
        """Bytes that each of so many entities takes after so many events; ``tell`` hears of each part."""
        # The functions, and what their first call makes, are no entity's.
        asyncio.run(self._load(plan, 1, events, lambda _count: None))
        self._client.flushdb()
        before = self._used()
        try:
            asyncio.run(self._load(plan, entities, events, tell))
            return (self._used() - before) / entities
        finally:
            self._client.flushdb()

    def _used(self) -> int:
        """Bytes that the server has in use, less what connections have."""
        info = self._client.info("memory")
        return int(info["used_memory"]) - int(info["mem_clients_normal"])

    async def _load(self, plan: EntityPlan, entities: int, events: int, tell: Callable[[int], None]) -> None:
        store = RedisStore(
            Redis.from_url(self._url, socket_timeout=_PATIENCE_S), namespace=TAG.partition(":")[0], shards=1
        )
        starts = iter(range(0, entities, max(1, _UPDATES // events)))

        async def lane(partition: str) -> None:
            offset = 0
            for start in starts:
                stop = min(entities, start + max(1, _UPDATES // events))
                part = _observations(plan, range(start, stop), events, partition, offset)
                offset += events
                await store.observe(part, {partition: offset - 1})
                tell(stop - start)

        try:
            await asyncio.gather(*(lane(f"T:{number}") for number in range(_LANES)))
        finally:
            await store.close()


def _observations(plan: EntityPlan, entities: range, events: int, partition: str, offset: int) -> list[Observation]:
    """Each observation is one event of every entity."""
    fed = inputs(plan)
    names = [digest(str(number)) for number in entities]
    keys = [(key_of(plan.prefix, name), slot_of(name)) for name in names]
    result = []
    for event in range(events):
        time_ms = T0_MS + event * STEP_MS
        updates = [
            Update(plan, key, slot, fed[(number + event) % len(fed)])
            for number, (key, slot) in zip(entities, keys, strict=True)
        ]
        result.append(Observation(Position(partition, offset + event, time_ms), time_ms, updates))
    return result
