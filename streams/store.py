"""The feature store as every process reaches it."""

from __future__ import annotations

from features.store.connect import connect
from features.store.redis import RedisStore
from streams.settings import Settings


def redis_store(settings: Settings) -> RedisStore:
    """Nothing is asked yet: it connects with its first call."""
    return RedisStore(
        connect(settings.redis),
        namespace=settings.namespace,
        shards=settings.store_shards,
        dedupe_s=settings.dedupe_s,
        keep_s=settings.keep_s,
        max_lag_s=settings.max_lag_s,
    )
