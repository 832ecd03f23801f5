"""The forgotten: actors whose earlier events count no more, as the control topic names them."""

from __future__ import annotations

import time
from collections import deque
from threading import Lock

import msgspec
import structlog

log = structlog.get_logger()
FORGOTTEN_KEY = "forgotten/"
# Kafka keeps a record until its whole segment is old enough, and begins a new segment once a week by default.
_BEYOND_RETENTION_MS = 8 * 86_400_000

# An entity's name, and the digest of its value.
Actor = tuple[str, bytes]


class Forgetting(msgspec.Struct, frozen=True):
    """``at_ms``: what was appended before it counts no more, by the brokers' clock, in milliseconds since 1970."""

    at_ms: int


def forgotten_key(actor: Actor) -> str:
    """Where the control topic holds it; no clear text."""
    entity, digest = actor
    return f"{FORGOTTEN_KEY}{entity}/{digest.hex()}"


class Forgotten:
    """Who is forgotten, and since when. Changes come from the control reader's thread.

    Bounded by time: who was forgotten before all that Kafka may still hold is let go. Each takes some 200 bytes, so
    100,000 within the retention are 20 MB.
    """

    def __init__(self, retention_hours: int) -> None:
        self._keep_ms = retention_hours * 3_600_000 + _BEYOND_RETENTION_MS
        self._at_ms: dict[Actor, int] = {}
        self._newest_ms = -1
        self._told: list[deque[Actor]] = []
        self._changing = Lock()

    def subscribe(self) -> deque[Actor]:
        """A queue of those who are forgotten from now on, for somebody who takes them out."""
        queue: deque[Actor] = deque()
        self._told.append(queue)
        return queue

    def any_after(self, append_ms: int) -> bool:
        """Whether anybody was forgotten after this time: the quick answer for most records."""
        return append_ms < self._newest_ms

    def is_forgotten(self, actor: Actor, append_ms: int) -> bool:
        """Whether what was appended then counts no more for this actor."""
        return append_ms < self._at_ms.get(actor, -1)

    def on_control(self, key: str, value: bytes | None) -> None:
        """Take one change of the control topic; without a value, the actor's earlier events count again."""
        if not key.startswith(FORGOTTEN_KEY):
            return
        try:
            entity, _, digest = key.removeprefix(FORGOTTEN_KEY).rpartition("/")
            actor = entity, bytes.fromhex(digest)
            at_ms = -1 if value is None else msgspec.json.decode(value, type=Forgetting).at_ms
        except (msgspec.MsgspecError, ValueError):
            log.error("forgotten_refused", why="no entry that 'weir features forget' writes", doing="passed over")
            return
        least_ms = int(time.time() * 1000) - self._keep_ms
        with self._changing:
            self._at_ms.pop(actor, None)
            if at_ms >= least_ms:
                # Who was forgotten last stands last, so those to be let go stand in front.
                self._at_ms[actor] = at_ms
                self._newest_ms = max(self._newest_ms, at_ms)
                for queue in self._told:
                    queue.append(actor)
            while self._at_ms and (first := next(iter(self._at_ms.items())))[1] < least_ms:
                del self._at_ms[first[0]]
