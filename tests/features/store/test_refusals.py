"""Which Redis the store does not use, and in which words it says so."""

from __future__ import annotations

import asyncio

import pytest
from support.redis_cluster import Node

from features.errors import StoreUnavailable, WeirError
from features.store.connect import connect
from features.store.functions import Functions

TIMEOUT_S = 0.3


def test_a_server_that_would_evict_is_not_used_before_it_is_mended(own_redis: Node) -> None:
    async def body() -> None:
        functions = Functions(connect(own_redis.url, timeout_s=TIMEOUT_S))
        call = ("keep", [b"{0}:k", b"{0}:c"], ["60000", b"kept", b""])
        for policy in ("allkeys-lru", "volatile-ttl"):
            own_redis.client.config_set("maxmemory-policy", policy)
            with pytest.raises(StoreUnavailable, match="may evict what it holds: set maxmemory-policy noeviction"):
                await functions.call(*call)
        assert own_redis.client.dbsize() == 0
        own_redis.client.config_set("maxmemory-policy", "noeviction")
        assert await functions.call(*call) == [None]
        # Without a limit no policy evicts anything.
        own_redis.kill()
        await asyncio.to_thread(own_redis.start, "--maxmemory", "0", "--maxmemory-policy", "allkeys-lru")
        assert await functions.call(*call) in ([b"kept"], [None])  # a killed server may have lost its last second
        assert await functions.call(*call) == [b"kept"]
        await functions.close()

    own_redis.kill()
    own_redis.start("--maxmemory", "100mb")
    asyncio.run(body())


def test_a_server_of_another_password_is_waited_for(own_redis: Node) -> None:
    async def body() -> None:
        functions = Functions(connect(own_redis.url, timeout_s=TIMEOUT_S))
        own_redis.client.config_set("requirepass", "another")
        with pytest.raises(StoreUnavailable, match="does not answer: AuthenticationError"):
            await functions.ping()
        own_redis.client.config_set("requirepass", "")
        await functions.ping()
        await functions.close()

    asyncio.run(body())


def test_a_server_that_is_too_old_ends_the_process_with_the_remedy(own_redis: Node) -> None:
    async def body() -> None:
        functions = Functions(connect(own_redis.url))
        with pytest.raises(WeirError, match=r"version 7\.0 or newer is needed"):
            await functions.call("keep", [b"{0}:k", b"{0}:c"], ["1000", b"kept", b""])
        await functions.close()

    own_redis.kill()
    own_redis.start("--rename-command", "FCALL", "")
    asyncio.run(body())


def test_why_one_waits_is_said_in_words_without_any_key(own_redis: Node) -> None:
    async def body() -> None:
        functions = Functions(connect(own_redis.url, timeout_s=TIMEOUT_S))
        own_redis.client.config_set("maxmemory", 1)
        with pytest.raises(StoreUnavailable, match=r"127.0.0.1:\d+ refuses: its memory is full \(OOM\)"):
            await functions.call("keep", [b"{0}:secret", b"{0}:c"], ["1000", b"secret", b""])
        own_redis.kill()
        with pytest.raises(StoreUnavailable, match=r"127.0.0.1:\d+ does not answer: ConnectionError$"):
            await functions.ping()
        await functions.close()

    asyncio.run(body())
