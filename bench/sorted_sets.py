"""The straightforward way to keep rolling features in Redis: sorted sets, pipelined.

A set a measure and entity, with the event's time as its score: trimmed to the longest window, counted by score for
each window. Distinct values are members with the time at which they were last seen.
"""

from __future__ import annotations

from collections.abc import Sequence

import redis

from features.aggregations.state import EntityPlan
from features.catalogue import Catalogue
from features.event import Event
from features.reference import Reference


def run_sorted_sets(
    client: redis.Redis, catalogue: Catalogue, stream: Sequence[Event], size: int, reference: Reference
) -> None:
    for at in range(0, len(stream), size):
        pipe = client.pipeline(transaction=False)
        for number, event in enumerate(stream[at : at + size], start=at):
            for update in catalogue.prepare(event, reference).updates:
                if update is not None and update.plan.whole is None:
                    _observe(pipe, update.plan, update.key, update.inputs, str(number), event.time_ms)
        pipe.execute()


def _observe(
    pipe: redis.client.Pipeline, plan: EntityPlan, entity: bytes, inputs: list[int], member: str, time_ms: int
) -> None:
    for weight in range(plan.weights):
        windows_ms = [ring.bucket_s * ring.buckets * 1000 for ring in plan.rings if ring.weight == weight]
        key = b"%b:%d" % (entity, weight)
        if inputs[weight]:
            pipe.zadd(key, {member: time_ms})
        pipe.zremrangebyscore(key, 0, time_ms - max(windows_ms))
        for window_ms in windows_ms:
            pipe.zcount(key, time_ms - window_ms, "+inf")
        pipe.pexpire(key, max(windows_ms))
    for index, values in enumerate(plan.sets, start=plan.weights):
        key = b"%b:%d" % (entity, index)
        if inputs[index] >= 0:
            pipe.zadd(key, {str(inputs[index]): time_ms})
        for multiple, buckets in values.spans:
            pipe.zcount(key, time_ms - values.bucket_s * multiple * buckets * 1000, "+inf")
        pipe.expire(key, plan.horizon_s)
