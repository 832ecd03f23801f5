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


class StoreHealth:
    """Whether the store answers, as all that ask it have found; said once for all of them."""

    def __init__(self) -> None:
        self._gone_s: float | None = None

    @property
    def away(self) -> bool:
        return self._gone_s is not None

    @property
    def away_s(self) -> float:
        """For how long it has not answered."""
        return 0.0 if self._gone_s is None else time.monotonic() - self._gone_s

    def gone(self, error: StoreUnavailable) -> None:
        if self._gone_s is None:
            self._gone_s = time.monotonic()
            log.warning("store_unavailable", why=str(error), doing="waiting")

    def back(self) -> None:
        if self._gone_s is not None:
            log.info("store_is_back", waited_s=round(time.monotonic() - self._gone_s, 1))
            self._gone_s = None


class Patience:
    """One kind's waiting. ``alive_s``: when it last waited or worked, so that no watchdog takes it for stuck."""

    def __init__(self, health: StoreHealth) -> None:
        self._health = health
        self.alive_s = time.monotonic()

    def alive(self) -> None:
        """Long work goes on."""
        self.alive_s = time.monotonic()

    async def ask(self, call: Callable[[], Awaitable[T]], for_s: float | None = None) -> T:
        """The answer of ``call``, asked again until the store is there.

        ``for_s``: raises StoreUnavailable once the store has been away for so long.
        """
        delay_s = 0.1
        while True:
            try:
                answer = await call()
            except StoreUnavailable as error:
                metrics.STORE_UNAVAILABLE.inc()
                self._health.gone(error)
                self.alive()
                if for_s is not None and self._health.away_s >= for_s:
                    raise
                await asyncio.sleep(delay_s if for_s is None else min(delay_s, for_s))
                delay_s = min(_LONGEST_S, delay_s * 2)
                continue
            self._health.back()
            return answer
