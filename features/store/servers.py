"""One Redis process: many commands in one round trip, and each answer by itself, an error among the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import hiredis
from redis.asyncio import ConnectionPool, Redis
from redis.exceptions import (
    BusyLoadingError,
    ClusterDownError,
    MasterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)

from features.errors import StoreUnavailable, WeirError

Command = tuple[Any, ...]

# What waiting mends, by the code that begins Redis's answer, in words for the log.
_WAIT_FOR = {
    "BUSY": "a script runs for too long",
    "CLUSTERDOWN": "the cluster lacks an owner of some slots",
    "LOADING": "it is reading its data",
    "MASTERDOWN": "it is a replica without its master",
    "MISCONF": "it cannot save to its disk",
    "NOREPLICAS": "too few of its replicas are in reach",
    "OOM": "its memory is full",
    "READONLY": "it is a replica",
    "TRYAGAIN": "a slot moves to another server",
}
# redis-py takes the code off the text of the errors that it has classes for.
_CODES: dict[type[Exception], str] = {
    BusyLoadingError: "LOADING",
    MasterDownError: "MASTERDOWN",
    ClusterDownError: "CLUSTERDOWN",
    OutOfMemoryError: "OOM",
    ReadOnlyError: "READONLY",
    TryAgainError: "TRYAGAIN",
}


class Server:
    """Sends over the pool of one server. redis-py's own ``execute_command`` packs every word in Python and takes
    a connection a call, which costs more than twice the time (figures in docs/decisions.md)."""

    def __init__(self, pool: ConnectionPool) -> None:
        self.pool = pool
        self._sending = 0
        self._trusted = False
        place = pool.connection_kwargs
        self.host = place.get("host", "localhost")
        self.name = place.get("path") or f"{self.host}:{place.get('port', 6379)}"

    async def send(self, commands: Sequence[Command]) -> list[Any]:
        """The answers in order, errors among them: ResponseError, or StoreUnavailable for what waiting mends.

        Of a command that is StoreUnavailable nothing is known: it may have been applied, or yet be.
        """
        if not self._trusted and (reason := await self._distrust()) is not None:
            return [reason] * len(commands)
        return await self._exchange(commands)

    async def _distrust(self) -> StoreUnavailable | None:
        """Why this server must not be used: one that evicts makes newcomers of actors, and nobody would know."""
        (memory,) = await self._exchange([("INFO", "memory")])
        if isinstance(memory, StoreUnavailable):
            return memory
        # Who may not ask, has to know himself.
        told = {} if isinstance(memory, ResponseError) else numbers(memory)
        if told.get("maxmemory", "0") != "0" and told.get("maxmemory_policy", "noeviction") != "noeviction":
            return StoreUnavailable(f"Redis {self.name} may evict what it holds: set maxmemory-policy noeviction")
        self._trusted = True
        return None

    async def _exchange(self, commands: Sequence[Command]) -> list[Any]:
        answers: list[Any] = []
        self._sending += 1
        try:
            connection = await self.pool.get_connection()  # type: ignore[no-untyped-call]
            try:
                packed = [hiredis.pack_command(command) for command in commands]
                await connection.send_packed_command(packed, check_health=False)
                for _ in commands:
                    try:
                        answers.append(await connection.read_response())
                    except ResponseError as error:
                        answers.append(self._sorted_out(error))
            finally:
                await self.pool.release(connection)
        except (RedisError, OSError, TimeoutError) as error:
            # It may be another server by the time that it answers again.
            self._trusted = False
            answers += [self._sorted_out(error)] * (len(commands) - len(answers))
        finally:
            self._sending -= 1
        return answers

    @property
    def busy(self) -> bool:
        return self._sending > 0

    def _sorted_out(self, error: Exception) -> Exception:
        code = _CODES.get(type(error)) or str(error).partition(" ")[0]
        if code in _WAIT_FOR:
            return StoreUnavailable(f"Redis {self.name} refuses: {_WAIT_FOR[code]} ({code})")
        if isinstance(error, ResponseError):
            return error
        return StoreUnavailable(f"Redis {self.name} does not answer: {type(error).__name__}")

    async def close(self) -> None:
        await self.pool.disconnect()


class Servers(Protocol):
    """Who owns a key; a single server owns all."""

    async def owner(self, key: bytes) -> Server:
        """Raises StoreUnavailable if nobody is known to."""
        ...

    def at(self, host: str, port: int) -> Server: ...

    def moved(self, slot: int, host: str, port: int) -> None:
        """A server said that this one owns the slot; others may have moved with it."""
        ...

    def doubt(self) -> None:
        """A server did not answer as an owner does: ask who owns what before the next call."""
        ...

    async def ping(self) -> None:
        """Raises StoreUnavailable unless every server that owns keys answers."""
        ...

    async def close(self) -> None: ...


class OneServer:
    """See ``Servers``: all keys on the one server of ``client``."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._server = Server(client.connection_pool)

    async def owner(self, key: bytes) -> Server:
        return self._server

    def at(self, host: str, port: int) -> Server:
        raise WeirError(f"the Redis {self._server.name} is part of a cluster: write redis+cluster://")

    def moved(self, slot: int, host: str, port: int) -> None:
        self.at(host, port)

    def doubt(self) -> None:
        """There is nobody else to ask."""

    async def ping(self) -> None:
        raise_first(await self._server.send([("PING",)]))

    async def close(self) -> None:
        await self._client.aclose()


def raise_first(answers: Sequence[Any]) -> None:
    """Raise the first error among ``answers``, if there is any."""
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer


def numbers(info: bytes) -> dict[str, str]:
    """What INFO and CLUSTER INFO tell, by name."""
    return dict(line.split(":", 1) for line in info.decode().splitlines() if ":" in line)
