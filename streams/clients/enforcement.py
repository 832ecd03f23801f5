"""The client that those import who act on verdicts: what is enforced at present, and what changes from then on."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, NamedTuple, Self

import msgspec

from models.actions import RANK, Action
from streams.enforcement.read import EnforcementReader, EnforcementsAway
from streams.enforcement.record import Enforced, decode_enforcement, split_key, strongest, target_key
from streams.topics import ENFORCEMENTS

__all__ = ["Change", "Enforced", "EnforcementClient", "EnforcementsAway"]

_WAIT_S = 0.5


class Change(NamedTuple):
    """Something else counts against a target than before: ``counts``, or None if nothing does any more.

    ``decisions``: all that the topic holds of it, the strongest first, also those that have expired.
    """

    entity: str
    value: str
    counts: Enforced | None
    decisions: tuple[Enforced, ...]


def _now_ms() -> int:
    return int(time.time() * 1000)


class EnforcementClient:
    """Reads the whole topic of enforcements, then follows it. For one thread; without a consumer group.

    Values come from events, so from anybody: check them before they go into a file, a shell or a terminal.
    ``bootstrap``: Kafka's servers, comma separated. ``topic``: with its prefix, if Weir's topics have one.
    ``options``: librdkafka's own settings, for instance for TLS. ``clock_ms``: the time against which enforcements
    expire, in milliseconds since 1970. Raises EnforcementsAway if Kafka, or the topic, is not there in ``wait_s``.

    >>> with EnforcementClient("127.0.0.1:19092") as client:             # doctest: +SKIP
    ...     client.read_to_end()
    ...     client.strongest("account", "ada")
    ...     for change in client.changes():
    ...         print(change.entity, change.value, change.counts)
    """

    def __init__(
        self,
        bootstrap: str,
        topic: str = ENFORCEMENTS,
        options: Mapping[str, Any] | None = None,
        clock_ms: Callable[[], int] = _now_ms,
        wait_s: float = 60.0,
    ) -> None:
        config = {
            "bootstrap.servers": bootstrap,
            # librdkafka asks for a name, but no group is joined and nothing is committed.
            "group.id": "weir-enforcement-client",
            "client.id": "weir-enforcement-client",
            # A Kafka that is away is waited for: without these, each attempt would be a line on standard error.
            "log_level": 2,
            "error_cb": lambda _error: None,
            "reconnect.backoff.max.ms": 2000,
            "topic.metadata.refresh.interval.ms": 10_000,
            "allow.auto.create.topics": False,
            **(options or {}),
        }
        self._reader = EnforcementReader(config, topic, wait_s)
        self._clock_ms = clock_ms
        self._targets: dict[str, tuple[Enforced, ...]] = {}
        self._counted: dict[str, Enforced] = {}
        self._ends: list[tuple[int, str]] = []
        self.unreadable = 0

    @property
    def caught_up(self) -> bool:
        """Whether everything is known that was enforced when the client was made."""
        return self._reader.caught_up

    def read_to_end(self, timeout_s: float = 60.0) -> None:
        """Return when caught up; raises EnforcementsAway if that takes longer: then call it again, or give up."""
        until_s = time.monotonic() + timeout_s
        while not self.caught_up:
            if time.monotonic() >= until_s:
                raise EnforcementsAway(f"the enforcements were not read within {timeout_s:g} s: is Kafka there?")
            self.poll(_WAIT_S)

    def strongest(self, entity: str, value: str, now_ms: int | None = None) -> Enforced | None:
        """What counts against this target; None if nothing does."""
        return strongest(self.decisions(entity, value), self._clock_ms() if now_ms is None else now_ms)

    def decisions(self, entity: str, value: str) -> tuple[Enforced, ...]:
        """Everything that is held of a target, the strongest first, also what has expired."""
        return self._targets.get(target_key(entity, value), ())

    def enforced(
        self, entity: str | None = None, at_least: Action = "challenge", now_ms: int | None = None
    ) -> Iterator[tuple[str, str, Enforced]]:
        """Entity, value and what counts, of all targets (of that entity) against which at least that is enforced."""
        now_ms = self._clock_ms() if now_ms is None else now_ms
        for key, decisions in self._targets.items():
            name, _, value = key.partition("=")
            counts = strongest(decisions, now_ms) if entity in (None, name) else None
            if counts is not None and counts.rank >= RANK[at_least]:
                yield name, value, counts

    def changes(self, timeout_s: float | None = None) -> Iterator[Change]:
        """What changes, as it comes: new decisions, corrections, and enforcements that expire by the clock.

        Reads to the end first, of which nothing is told. Ends when nothing has changed for ``timeout_s``; by default
        it never ends.
        """
        last_s = time.monotonic()
        while timeout_s is None or time.monotonic() - last_s < timeout_s:
            for change in self.poll(_WAIT_S if timeout_s is None else min(_WAIT_S, timeout_s)):
                yield change
                last_s = time.monotonic()

    def poll(self, timeout_s: float) -> list[Change]:
        """What has changed, waiting for it at most so long; nothing before everything was read once."""
        tell = self.caught_up
        touched = dict.fromkeys(key for record in self._reader.poll(timeout_s) if (key := self._apply(*record)))
        now_ms = self._clock_ms()
        while self._ends and self._ends[0][0] <= now_ms:
            touched[heapq.heappop(self._ends)[1]] = None
        changes = [change for key in touched if (change := self._changed(key, now_ms)) is not None]
        return changes if tell else []

    def close(self) -> None:
        self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _apply(self, key: str, value: bytes | None) -> str | None:
        """Take up a record; its key if it is a target's."""
        if split_key(key) is None:
            return None
        try:
            decisions = () if value is None else decode_enforcement(value)
        except (msgspec.MsgspecError, UnicodeError):
            # Not an enforcer's record: what was known of the target still counts.
            self.unreadable += 1
            return None
        if decisions:
            self._targets[key] = decisions
        else:
            self._targets.pop(key, None)
        return key

    def _changed(self, key: str, now_ms: int) -> Change | None:
        """What is new about a target since this was asked last; None if the same counts as before."""
        decisions = self._targets.get(key, ())
        counts = strongest(decisions, now_ms)
        if counts == self._counted.get(key):
            return None
        if counts is None:
            del self._counted[key]
        else:
            self._counted[key] = counts
            self._wake_at(key, counts)
        entity, _, value = key.partition("=")
        return Change(entity, value, counts, decisions)

    def _wake_at(self, key: str, counts: Enforced) -> None:
        if counts.expires_ms is None:
            return
        heapq.heappush(self._ends, (counts.expires_ms, key))
        if len(self._ends) > 2 * len(self._counted) + 1000:
            # Ends that were put off again and again: only those of what counts now are needed.
            ends = ((one.expires_ms, name) for name, one in self._counted.items())
            self._ends = [(end, name) for end, name in ends if end is not None]
            heapq.heapify(self._ends)
