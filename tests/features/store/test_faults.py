"""The Redis store on one real server that dies, sleeps, forgets, refuses: nothing is lost, nothing counted twice."""

from __future__ import annotations

import asyncio
import signal
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import redis
from support.feed import Feed, logins
from support.redis_cluster import Node, until

from features.store.connect import connect
from features.store.redis import RedisStore

LOG = logins(300)
TIMEOUT_S = 1.0


def fed(node: Node, body: Callable[[Feed], Awaitable[None]]) -> None:
    """Feed a third of the log, do ``body``, feed the rest; in the end every count is exact."""

    async def inside() -> None:
        store = RedisStore(connect(node.url, timeout_s=TIMEOUT_S), namespace=f"t{uuid.uuid4().hex}")
        feed = Feed(store, LOG)
        try:
            await feed.attach()
            await feed.take(100)
            assert feed.unavailable == 0
            await body(feed)
            await feed.take(len(LOG))
            await feed.check()
        finally:
            await store.close()

    asyncio.run(inside())


async def refused(feed: Feed, mend: Callable[[], object]) -> None:
    """The next batch is refused for a while, until ``mend`` ends it."""
    running = asyncio.create_task(feed.take(200))
    for _ in range(50):
        await asyncio.sleep(0.05)
        assert not running.done()
        if feed.unavailable >= 2:
            break
    assert feed.unavailable >= 2
    await asyncio.to_thread(mend)
    await asyncio.wait_for(running, 20)
    assert feed.behind == 0


def test_a_server_that_is_killed_between_batches_comes_back_with_what_it_wrote(own_redis: Node) -> None:
    async def body(feed: Feed) -> None:
        running = asyncio.create_task(feed.take(200, batch=2, pause_s=0.002))
        await asyncio.sleep(0.1)
        own_redis.kill()
        await asyncio.sleep(0.3)
        await asyncio.to_thread(own_redis.start)
        await running
        assert feed.unavailable > 0

    fed(own_redis, body)


def test_a_server_that_restarts_empty_is_filled_again(own_redis: Node) -> None:
    async def body(feed: Feed) -> None:
        own_redis.kill()
        own_redis.forget_data()
        await asyncio.to_thread(own_redis.start)
        await feed.take(200)
        assert feed.behind > 0

    fed(own_redis, body)


def test_a_server_that_sleeps_for_longer_than_the_timeout_does_not_count_twice(own_redis: Node) -> None:
    async def body(feed: Feed) -> None:
        # It wakes with the call that was given up in its buffer, and the same call again behind it.
        own_redis.signal(signal.SIGSTOP)
        await refused(feed, lambda: own_redis.signal(signal.SIGCONT))

    fed(own_redis, body)


@pytest.mark.parametrize("which", ["ALL", "WRITE"])
def test_a_server_that_holds_its_clients_up_does_not_count_twice(own_redis: Node, which: str) -> None:
    async def body(feed: Feed) -> None:
        own_redis.client.execute_command("CLIENT", "PAUSE", int(5000 * TIMEOUT_S), which)
        await refused(feed, lambda: None)

    fed(own_redis, body)


def test_a_server_whose_connections_are_cut_is_called_again(own_redis: Node) -> None:
    async def body(feed: Feed) -> None:
        running = asyncio.create_task(feed.take(200, batch=2, pause_s=0.002))
        for _ in range(10):
            await asyncio.sleep(0.02)
            own_redis.client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        await running
        assert feed.behind == 0

    fed(own_redis, body)


def out_of_memory(client: redis.Redis) -> None:
    client.config_set("maxmemory", 1)


def read_only(client: redis.Redis) -> None:
    client.execute_command("REPLICAOF", "127.0.0.1", "1")


def cut_off_replica(client: redis.Redis) -> None:
    client.config_set("replica-serve-stale-data", "no")
    client.execute_command("REPLICAOF", "127.0.0.1", "1")


def without_replicas(client: redis.Redis) -> None:
    client.config_set("min-replicas-to-write", 1)


def heal(client: redis.Redis) -> None:
    client.execute_command("REPLICAOF", "NO", "ONE")
    client.config_set("replica-serve-stale-data", "yes")
    client.config_set("min-replicas-to-write", 0)
    client.config_set("maxmemory", 0)


@pytest.mark.parametrize("fault", [out_of_memory, read_only, cut_off_replica, without_replicas])
def test_a_server_that_refuses_writes_is_waited_for(own_redis: Node, fault: Callable[[redis.Redis], None]) -> None:
    async def body(feed: Feed) -> None:
        fault(own_redis.client)
        await refused(feed, lambda: heal(own_redis.client))

    fed(own_redis, body)


def test_a_server_that_cannot_save_is_waited_for(own_redis: Node, tmp_path: Path) -> None:
    own_redis.kill()
    (tmp_path / "redis" / "taken").mkdir()
    own_redis.start("--dbfilename", "taken", "--save", "3600 1")

    async def body(feed: Feed) -> None:
        own_redis.client.execute_command("BGSAVE")
        status = "rdb_last_bgsave_status"
        until(lambda: own_redis.client.info("persistence")[status] == "err", 10, "saving failed")
        await refused(feed, lambda: own_redis.client.config_set("stop-writes-on-bgsave-error", "no"))

    fed(own_redis, body)


def test_a_server_that_is_busy_with_a_script_is_waited_for(own_redis: Node) -> None:
    async def body(feed: Feed) -> None:
        own_redis.client.config_set("busy-reply-threshold", 50)
        other = redis.Redis(port=own_redis.port)
        endless = asyncio.create_task(asyncio.to_thread(other.execute_command, "EVAL", "while true do end", 0))
        await asyncio.sleep(0.2)
        await refused(feed, lambda: own_redis.client.execute_command("SCRIPT", "KILL"))
        with pytest.raises(redis.ResponseError):
            await endless
        other.close()

    fed(own_redis, body)


def test_a_server_that_reads_its_data_is_waited_for(own_redis: Node) -> None:
    async def body(feed: Feed) -> None:
        own_redis.client.execute_command("DEBUG", "POPULATE", 2000)
        own_redis.client.execute_command("BGREWRITEAOF")
        until(lambda: not own_redis.client.info("persistence")["aof_rewrite_in_progress"], 10, "rewritten")
        own_redis.kill()
        slowly = ("--key-load-delay", "1000", "--loading-process-events-interval-bytes", "1024")
        own_redis.start(*slowly, wait=False)
        await refused(feed, lambda: None)

    own_redis.kill()
    own_redis.start("--enable-debug-command", "yes")
    fed(own_redis, body)
