"""Calls of the store's own library in Redis: loaded where it lacks, by version, and its errors by what to do."""

from __future__ import annotations

import hashlib
from importlib import resources
from typing import Any

from redis.asyncio import Redis
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

from features.errors import StoreUnavailable

# redis-py takes the code off the text of the errors that it has classes for.
_TRANSIENT_ERRORS = (
    BusyLoadingError,
    ClusterDownError,
    MasterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    TryAgainError,
)
_TRANSIENT_CODES = (
    "LOADING",
    "READONLY",
    "OOM",
    "MISCONF",
    "MASTERDOWN",
    "CLUSTERDOWN",
    "TRYAGAIN",
    "BUSY",
    "NOREPLICAS",
)


class Functions:
    """The library's name holds a hash of its text, so that old and new workers each call their own."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        source = resources.files("features.store").joinpath("observe.lua").read_text()
        self._library = f"weir_{hashlib.blake2b(source.encode(), digest_size=4).hexdigest()}"
        self._source = source.replace("@LIBRARY@", self._library)

    async def call(self, name: str, keys: list[bytes], args: list[Any]) -> Any:
        """Call a function of our library, loading the library where this server lacks it."""
        words = ("FCALL", f"{self._library}_{name}", len(keys), *keys, *args)
        try:
            return await self.command(*words)
        except ResponseError as error:
            if "Function not found" not in str(error):
                raise
        await self.command("FUNCTION", "LOAD", "REPLACE", self._source)
        return await self.command(*words)

    async def command(self, *words: Any) -> Any:
        """Any command; raises StoreUnavailable for what waiting mends."""
        try:
            return await self._client.execute_command(*words)  # type: ignore[no-untyped-call]
        except ResponseError as error:
            if isinstance(error, _TRANSIENT_ERRORS) or str(error).startswith(_TRANSIENT_CODES):
                raise StoreUnavailable(f"Redis refuses for now: {type(error).__name__}") from None
            raise
        except (RedisError, OSError, TimeoutError) as error:
            raise StoreUnavailable(f"Redis does not answer: {type(error).__name__}") from None

    async def close(self) -> None:
        await self._client.aclose()
