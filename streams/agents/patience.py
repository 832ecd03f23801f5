"""Waiting for a store that does not answer: with backoff, and with one log line when it goes and comes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from features.errors import StoreUnavailable
from streams import metrics

log = structlog.get_logger()
T = TypeVar("T")
_LONGEST_S = 5.0


class Patience:
    """``waiting`` is true while the store is away, so that a watchdog can tell waiting from being stuck."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._since: float | None = None
        self.alive_s = time.monotonic()

    def alive(self) -> None:
        """Long work goes on: it is not being stuck."""
        self.alive_s = time.monotonic()

    @property
    def waiting(self) -> bool:
        return self._since is not None

    async def ask(self, call: Callable[[], Awaitable[T]]) -> T:
        """The answer of ``call``, asked again until the store is there."""
        delay_s = 0.1
        while True:
            try:
                answer = await call()
            except StoreUnavailable as error:
                metrics.STORE_UNAVAILABLE.inc()
                if self._since is None:
                    self._since = time.monotonic()
                    log.warning("store_unavailable", kind=self._kind, why=str(error), doing="waiting")
                await asyncio.sleep(delay_s)
                delay_s = min(_LONGEST_S, delay_s * 2)
                continue
            if self._since is not None:
                log.info("store_is_back", kind=self._kind, waited_s=round(time.monotonic() - self._since, 1))
                self._since = None
            return answer
