"""The Redis store on a real Redis Cluster, in which servers die, sleep, lose what they were told, and move slots."""

from __future__ import annotations

import asyncio
import signal
import uuid
from collections.abc import Awaitable, Callable, Iterator

import pytest
from redis.crc import key_slot
from support.feed import Feed, logins
from support.redis_cluster import Node, RedisCluster

from features.errors import StoreUnavailable, WeirError
from features.store.connect import connect
from features.store.functions import Functions
from features.store.redis import RedisStore

LOG = logins(600)
SHARDS = 4


def slot_of(shard: int) -> int:
    return key_slot(b"{%d}" % shard)


def fed(url: str, body: Callable[[Feed], Awaitable[None]]) -> None:
    """Run ``body`` with a new store; in the end every count is exact."""

    async def inside() -> None:
        store = RedisStore(connect(url, timeout_s=1.0), namespace=f"t{uuid.uuid4().hex}", shards=SHARDS)
        feed = Feed(store, LOG)
        try:
            await feed.attach()
            await body(feed)
            await feed.take(len(LOG))
            await store.ping()
            await feed.check()
        finally:
            await store.close()

    asyncio.run(inside())


def test_a_slot_has_one_owner_and_shards_have_several(cluster_servers: RedisCluster) -> None:
    async def body(feed: Feed) -> None:
        await feed.take(100)
        assert feed.unavailable == 0
        keys = [node.client.dbsize() for node in cluster_servers.nodes]
        assert sum(count > 0 for count in keys[:3]) == 3

    fed(cluster_servers.url, body)


def test_a_master_that_dies_with_acknowledged_writes_costs_no_count(cluster_servers: RedisCluster) -> None:
    async def body(feed: Feed) -> None:
        await feed.take(200)
        master = cluster_servers.owner(slot_of(0))
        replica = cluster_servers.replica_of(master)
        # From now on the replica hears nothing more, and its master acknowledges all the same.
        master.client.execute_command("ACL", "SETUSER", "default", "-psync", "-sync")
        master.client.execute_command("CLIENT", "KILL", "TYPE", "replica")
        await feed.take(300)
        assert feed.behind == 0
        master.kill()
        await feed.take(400)
        assert feed.unavailable > 0
        assert feed.behind > 0
        assert cluster_servers.owner(slot_of(0)) is replica

    fed(cluster_servers.url, body)


def test_a_master_that_dies_in_the_middle_of_a_batch_is_replaced(cluster_servers: RedisCluster) -> None:
    async def body(feed: Feed) -> None:
        running = asyncio.create_task(feed.take(500, batch=5, pause_s=0.005))
        await asyncio.sleep(0.3)
        cluster_servers.owner(slot_of(1)).kill()
        await running
        assert feed.unavailable > 0

    fed(cluster_servers.url, body)


def test_a_master_that_sleeps_through_its_own_failover_misleads_nobody(cluster_servers: RedisCluster) -> None:
    async def body(feed: Feed) -> None:
        await feed.take(200)
        master = cluster_servers.owner(slot_of(0))
        replica = cluster_servers.replica_of(master)
        master.signal(signal.SIGSTOP)
        try:
            await feed.take(300)
        finally:
            # It wakes with calls in its buffers that were given up, and for a moment takes itself for a master.
            master.signal(signal.SIGCONT)
        assert cluster_servers.owner(slot_of(0)) is replica
        await feed.take(500, batch=5)
        assert feed.unavailable > 0

    fed(cluster_servers.url, body)


@pytest.fixture
def spare(cluster_servers: RedisCluster) -> Iterator[Node]:
    """A server of the cluster that owns nothing yet, and has no functions."""
    node = cluster_servers.nodes[6]
    home = cluster_servers.owner(slot_of(2))
    yield node
    if cluster_servers.owner(slot_of(2)) is node:
        cluster_servers.move(slot_of(2), home)


def test_a_slot_that_moves_to_a_fresh_server_is_waited_for(cluster_servers: RedisCluster, spare: Node) -> None:
    slot = slot_of(2)

    async def body(feed: Feed) -> None:
        await feed.take(200)
        source = cluster_servers.begin_move(slot, spare)
        running = asyncio.create_task(feed.take(500, batch=5, pause_s=0.01))
        while await asyncio.to_thread(cluster_servers.move_keys, slot, source, spare, 1):
            await asyncio.sleep(0.1)
        # All keys are there, and the old owner still sends everybody on, one question at a time.
        await asyncio.sleep(0.3)
        cluster_servers.end_move(slot, source, spare)
        await running
        assert feed.unavailable > 0
        assert feed.behind == 0
        assert spare.client.dbsize() > 0
        assert spare.client.execute_command("FUNCTION", "LIST")

    fed(cluster_servers.url, body)


def test_a_slot_that_moved_between_two_batches_is_found_without_waiting(
    cluster_servers: RedisCluster, spare: Node
) -> None:
    async def body(feed: Feed) -> None:
        await feed.take(200)
        cluster_servers.move(slot_of(2), spare)
        await feed.take(300)
        assert feed.unavailable == 0
        assert spare.client.dbsize() > 0

    fed(cluster_servers.url, body)


def test_a_server_without_the_library_gets_it_with_the_next_call(cluster_servers: RedisCluster) -> None:
    async def body(feed: Feed) -> None:
        await feed.take(200)
        cluster_servers.owner(slot_of(1)).client.execute_command("FUNCTION", "FLUSH")
        await feed.take(300)
        assert feed.unavailable == 0

    fed(cluster_servers.url, body)


def test_of_several_calls_those_succeed_whose_servers_answer(cluster_servers: RedisCluster) -> None:
    async def body() -> None:
        functions = Functions(connect(cluster_servers.url, timeout_s=1.0))
        calls = [
            ("keep", [b"t:{%d}:k" % shard, b"t:{%d}:c" % shard], ["60000", b"kept", b""]) for shard in range(SHARDS)
        ]
        assert await functions.call_many(calls) == [[None]] * SHARDS
        await functions.ping()
        lost = cluster_servers.owner(slot_of(0))
        mine = [cluster_servers.owner(slot_of(shard)) is lost for shard in range(SHARDS)]
        lost.kill()
        answers = await functions.call_many(calls)
        assert [isinstance(answer, StoreUnavailable) for answer in answers] == mine
        assert [answer for answer in answers if isinstance(answer, list)] == [[b"kept"]] * mine.count(False)
        with pytest.raises(StoreUnavailable):
            await functions.ping()
        deadline = asyncio.get_running_loop().time() + 20
        while True:
            try:
                await functions.ping()
                break
            except StoreUnavailable:
                assert asyncio.get_running_loop().time() < deadline
                await asyncio.sleep(0.1)
        assert not any(isinstance(answer, Exception) for answer in await functions.call_many(calls))
        await functions.close()

    asyncio.run(body())


def test_the_wrong_kind_of_address_says_how_to_write_it(cluster_servers: RedisCluster, redis_server: str) -> None:
    async def ask(url: str) -> None:
        functions = Functions(connect(url))
        try:
            # One of the shards is elsewhere, whichever server is asked.
            for shard in range(SHARDS):
                await functions.command("HMGET", b"t:{%d}:marks" % shard, "x")
        finally:
            await functions.close()

    with pytest.raises(WeirError, match=r"is part of a cluster: write redis\+cluster://"):
        asyncio.run(ask(cluster_servers.nodes[0].url))
    with pytest.raises(WeirError, match="is not part of a cluster: write redis://"):
        asyncio.run(ask(redis_server.replace("redis://", "redis+cluster://").removesuffix("/0")))


def test_a_cluster_of_which_no_named_server_runs_is_unavailable() -> None:
    async def body() -> None:
        functions = Functions(connect("redis+cluster://127.0.0.1:1,127.0.0.1:2"))
        with pytest.raises(StoreUnavailable, match="no server of the Redis cluster can be asked"):
            await functions.ping()
        await functions.close()

    asyncio.run(body())


def test_a_cluster_without_a_majority_is_waited_for(cluster_servers: RedisCluster) -> None:
    async def body(feed: Feed) -> None:
        await feed.take(200)
        masters = [cluster_servers.owner(slot_of(shard)) for shard in (0, 1)]
        for master in masters:
            master.kill()
        running = asyncio.create_task(feed.take(300))
        await asyncio.sleep(4)
        assert not running.done()
        for master in masters:
            await asyncio.to_thread(master.start)
        await asyncio.wait_for(running, 30)

    fed(cluster_servers.url, body)
