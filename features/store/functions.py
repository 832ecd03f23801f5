"""Calls of the store's own library in Redis: sent to who owns the keys, loaded where it lacks, by version."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from importlib import resources
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import AskError, MovedError, ResponseError

from features.errors import StoreUnavailable, WeirError
from features.store.cluster import Cluster
from features.store.servers import Command, OneServer, Server, Servers, raise_first

# One library, in this order: what stands in the first is known in the second.
_SOURCES = ("observe.lua", "decisions.lua")
# A moved slot, then one on its way, then a server without the library: more means that the cluster is at odds.
_STEPS = 5
# So many other versions of the library may lie on a server; more than those of one rollout are cleared away.
_VERSIONS = 4

Call = tuple[str, list[bytes], list[Any]]


class Functions:
    """The only way in which the store speaks to Redis, one server or a cluster alike.

    The library's name holds a hash of its text, so that old and new workers each call their own.
    A call that failed may have been applied, or may yet be: what is called has to bear being called again.
    """

    def __init__(self, client: Redis | Cluster) -> None:
        self._servers: Servers = client if isinstance(client, Cluster) else OneServer(client)
        files = resources.files("features.store")
        source = "".join(files.joinpath(name).read_text() for name in _SOURCES)
        self._library = f"weir_{hashlib.blake2b(source.encode(), digest_size=4).hexdigest()}"
        self._source = source.replace("@LIBRARY@", self._library)

    async def call(self, name: str, keys: list[bytes], args: list[Any]) -> Any:
        """Call one function; raises StoreUnavailable for what waiting mends. See ``call_many``."""
        answers = await self.call_many([(name, keys, args)])
        raise_first(answers)
        return answers[0]

    async def call_many(self, calls: Sequence[Call]) -> list[Any]:
        """Call functions, each by (name, keys, args), in one round trip a server; the answers in the same order.

        The keys of one call share a hash tag, and there is one at least. Each call is atomic by itself and may
        fail by itself: in place of its answer stands then a StoreUnavailable, not raised. What waiting does not
        mend (an error in the library, a Redis of the wrong kind) is raised. No call may rest on another's effect.
        """
        words = [(f"{self._library}_{name}", len(keys), *keys, *args) for name, keys, args in calls]
        return await self._send([("FCALL", *one) for one in words], [keys[0] for _, keys, _ in calls])

    async def command(self, *words: Any) -> Any:
        """A command with one key, or with keys of one hash tag, the first of which is its second word.

        Raises StoreUnavailable for what waiting mends.
        """
        key = words[1].encode() if isinstance(words[1], str) else words[1]
        answers = await self._send([words], [key])
        raise_first(answers)
        return answers[0]

    async def ping(self) -> None:
        """Raises StoreUnavailable unless the server answers; in a cluster: every one that owns slots, and each
        finds the cluster whole."""
        await self._servers.ping()

    async def close(self) -> None:
        await self._servers.close()

    async def _send(self, commands: Sequence[Command], keys: Sequence[bytes]) -> list[Any]:
        answers: list[Any] = [None] * len(commands)
        groups: dict[Server, list[int]] = {}
        for index, key in enumerate(keys):
            try:
                groups.setdefault(await self._servers.owner(key), []).append(index)
            except StoreUnavailable as error:
                answers[index] = error
        sent = [server.send([commands[i] for i in group]) for server, group in groups.items()]
        # One server is the usual case, and needs no task of its own.
        replies = [await sent[0]] if len(sent) == 1 else await asyncio.gather(*sent)
        for (server, group), reply in zip(groups.items(), replies, strict=True):
            for index, answer in zip(group, reply, strict=True):
                answers[index] = answer
                if isinstance(answer, Exception):
                    answers[index] = await self._insist(commands[index], server, answer)
        return answers

    async def _insist(self, command: Command, server: Server, answer: Any) -> Any:
        """Go where the servers send this command, and load the library where it lacks: nothing was executed yet."""
        prefix: list[Command] = []
        for _ in range(_STEPS):
            if isinstance(answer, AskError):
                host = answer.host if answer.host not in ("", "?") else server.host
                prefix = [] if isinstance(answer, MovedError) else [("ASKING",)]
                if isinstance(answer, MovedError):
                    self._servers.moved(answer.slot_id, host, answer.port)
                server = self._servers.at(host, answer.port)
            elif isinstance(answer, ResponseError) and "Function not found" in str(answer):
                if (failed := await self._load(server)) is not None:
                    return failed
            elif isinstance(answer, StoreUnavailable):
                self._servers.doubt()
                return answer
            elif isinstance(answer, Exception):
                raise _explained(answer)
            else:
                return answer
            answer = (await server.send([*prefix, command]))[-1]
        self._servers.doubt()
        return StoreUnavailable("the servers of the Redis cluster disagree on who owns a key")

    async def _load(self, server: Server) -> StoreUnavailable | None:
        """Load our library there; why that has to wait, if it has."""
        loaded, listed = await server.send(
            [("FUNCTION", "LOAD", "REPLACE", self._source), ("FUNCTION", "LIST", "LIBRARYNAME", "weir_*")]
        )
        for answer in (loaded, listed):
            if isinstance(answer, StoreUnavailable):
                self._servers.doubt()
                return answer
        raise_first([loaded, listed])
        others = [name for name in map(_library_name, listed) if name != self._library.encode()]
        if len(others) >= _VERSIONS:
            # A worker that still calls one of them loads it again; if another has deleted it first, so be it.
            await server.send([("FUNCTION", "DELETE", name) for name in others])
        return None


def _library_name(library: Any) -> bytes:
    """Of an entry of FUNCTION LIST: a map, or in the older protocol names and values in turn."""
    entry = library if isinstance(library, dict) else dict(zip(library[::2], library[1::2], strict=True))
    return bytes(entry[b"library_name"])


def _explained(error: Exception) -> Exception:
    if "unknown command" in str(error):
        return WeirError("Redis has no functions: version 7.0 or newer is needed")
    return error
