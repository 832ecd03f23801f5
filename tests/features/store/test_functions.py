"""The library of functions in Redis: by version, side by side, and not without end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import redis
from redis.exceptions import ResponseError

from features.store.connect import connect
from features.store.functions import Functions


def asked(url: str, body: Callable[[Functions], Awaitable[None]]) -> None:
    async def inside() -> None:
        functions = Functions(connect(url))
        try:
            await body(functions)
        finally:
            await functions.close()

    asyncio.run(inside())


def libraries(client: redis.Redis) -> set[str]:
    entries = client.execute_command("FUNCTION", "LIST")
    return {(entry[b"library_name"] if isinstance(entry, dict) else entry[1]).decode() for entry in entries}


def load(client: redis.Redis, name: str) -> None:
    function = f"redis.register_function('{name}_keep', function() return 'old' end)"
    client.execute_command("FUNCTION", "LOAD", f"#!lua name={name}\n{function}")


async def keep(functions: Functions) -> None:
    assert await functions.call("keep", [b"{0}:k", b"{0}:c"], ["60000", b"kept", b""]) in ([None], [b"kept"])


def test_an_old_worker_and_a_new_one_each_call_their_own(redis_server: str) -> None:
    with redis.Redis.from_url(redis_server) as client:
        load(client, "weir_00000000")
        asked(redis_server, keep)
        assert len(libraries(client)) == 2
        assert client.execute_command("FCALL", "weir_00000000_keep", 0) == b"old"


def test_libraries_of_earlier_versions_are_cleared_away_when_they_become_many(redis_server: str) -> None:
    with redis.Redis.from_url(redis_server) as client:
        for number in range(4):
            load(client, f"weir_0000000{number}")
        load(client, "another")
        asked(redis_server, keep)
        (ours,) = libraries(client) - {"another"}
        assert ours not in {f"weir_0000000{number}" for number in range(4)}


def test_a_worker_whose_library_was_cleared_away_brings_it_again(redis_server: str) -> None:
    async def body(functions: Functions) -> None:
        await keep(functions)
        with redis.Redis.from_url(redis_server) as client:
            client.execute_command("FUNCTION", "FLUSH")
        calls = [("keep", [b"{%d}:k" % shard, b"{%d}:c" % shard], ["60000", b"kept", b""]) for shard in range(3)]
        assert await functions.call_many(calls) == [[b"kept"], [None], [None]]

    asked(redis_server, body)


def test_an_error_in_the_library_is_none_of_those_that_waiting_mends(redis_server: str) -> None:
    async def body(functions: Functions) -> None:
        with pytest.raises(ResponseError):
            await functions.call("keep", [b"{0}:new", b"{0}:c"], ["no number", b"kept", b""])
        await functions.ping()
        assert await functions.command("HMGET", "{0}:marks", "T:0") == [None]

    asked(redis_server, body)
