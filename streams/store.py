"""The feature store as every process reaches it."""

from __future__ import annotations

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from features.store.redis import RedisStore
from streams.settings import Settings


def redis_store(settings: Settings) -> RedisStore:
    """Nothing is asked yet: it connects with its first call."""
    client = Redis.from_url(
        settings.redis,
        socket_timeout=5.0,
        socket_connect_timeout=5.0,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
    )
    return RedisStore(
        client,
        namespace=settings.namespace,
        shards=settings.store_shards,
        dedupe_s=settings.dedupe_s,
        keep_s=settings.keep_s,
        max_lag_s=settings.max_lag_s,
    )
