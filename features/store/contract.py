"""The contract of a feature store: what decide asks, what it is told, and what both have to remember.

A store is cut into shards; an entity, and what belongs to a partition key, live on one shard each. Every shard
keeps, for every partition of the event log, a mark: the offset up to which it holds everything that concerns it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Protocol

import msgspec

from features.aggregations.state import EntityPlan, Reading
from features.prepared import Update


class Position(msgspec.Struct, frozen=True, gc=False):
    """Where a record stands in the log. ``partition`` reads ``<topic id>:<number>``; ``append_ms`` is when."""

    partition: str
    offset: int
    append_ms: int


class Claim(msgspec.Struct, frozen=True, gc=False):
    """The wish to decide ``decision_id``; ``digest`` is that of the event's partition key."""

    digest: bytes
    decision_id: str
    position: Position


class ClaimState(Enum):
    NEW = 0
    OWN = 1
    DUPLICATE = 2


class Claimed(msgspec.Struct, frozen=True, gc=False):
    """NEW: nobody claimed it. OWN: these very coordinates did; ``kept`` is the verdict, if it was kept.
    DUPLICATE: other coordinates did, within ``dedupe_s`` of append time: a repetition by the producer."""

    state: ClaimState
    kept: bytes | None = None


class Observation(msgspec.Struct, frozen=True, gc=False):
    """One event's updates, to be applied once: a shard whose mark has passed its offset only reads."""

    position: Position
    time_ms: int
    updates: Sequence[Update | None]


# One event's readings, one for each of its updates.
Observed = Sequence[Reading | None]


class Tally(msgspec.Struct, frozen=True, gc=False):
    """How many decisions there were in a rolling window of event time, counted on every shard.

    The window is that of the features: with H the newest bucket asked for, or counted on that shard, the
    buckets (H - buckets, H].
    """

    name: str
    bucket_s: int
    buckets: int


class Track(msgspec.Struct, frozen=True, gc=False):
    """The last ``most`` decisions of a name, kept on the shard of their events' partition key for ``span_s``."""

    name: str
    most: int
    span_s: int


class Keep(msgspec.Struct, frozen=True, gc=False):
    """A verdict to be kept under its decision id; ``digest`` is that of the event's partition key.

    ``tallies`` and ``tracks``: what the decision counts for, at the event's time ``time_ms``.
    """

    digest: bytes
    decision_id: str
    verdict: bytes
    time_ms: int = 0
    tallies: tuple[Tally, ...] = ()
    tracks: tuple[Track, ...] = ()


# The event time in ms and the id of a decision.
Tracked = tuple[int, str]


class Store(Protocol):
    """All methods raise StoreUnavailable where the store does not answer; then nothing is known."""

    async def attach(self, partition: str) -> int:
        """Learn the shards' marks of a partition; the least of them (-1: a shard holds nothing of it)."""
        ...

    async def claim(self, claims: Sequence[Claim]) -> list[Claimed]:
        """Claim decision ids, in order; see ``Claimed``."""
        ...

    async def observe(self, observations: Sequence[Observation], ends: Mapping[str, int]) -> list[Observed]:
        """Add events and read their entities, in order, each shard at once and atomically.

        ``ends``: the last offset of this micro-batch in each of its partitions, to which the marks move.
        Raises StoreBehind if a shard holds less than this store object last saw there; that shard has then
        applied nothing.
        """
        ...

    async def refill(self, observations: Sequence[Observation], ends: Mapping[str, int]) -> None:
        """Add events again to the shards whose marks are below ``ends``; the others are left alone."""
        ...

    async def follow(self, ends: Mapping[str, int]) -> None:
        """Move the marks of shards that no event touched up to ``ends``; raises StoreBehind like observe."""
        ...

    async def keep(self, keeps: Sequence[Keep]) -> list[bytes]:
        """Store each verdict under its id unless one is there; the one that is there then, for each.

        What a decision counts for is counted at the same time, once: by its first keep, and while its claim lives.
        """
        ...

    async def recall(
        self, tallies: Sequence[Tally], time_ms: int, tracks: Sequence[tuple[bytes, Track]]
    ) -> tuple[list[int], list[list[Tracked]]]:
        """The tallies of all shards at this event time, and the tracks, each by its partition key's digest."""
        ...

    async def untrack(self, tracked: Sequence[tuple[bytes, Track, str]]) -> int:
        """Take decisions out of tracks; how many were found there."""
        ...

    async def look(self, plan: EntityPlan, digest: bytes, time_ms: int) -> Reading | None:
        """What the store knows of an entity at ``time_ms``, changing nothing; None: there is nothing."""
        ...

    async def forget(self, digest: bytes, prefixes: Sequence[str]) -> int:
        """Erase an entity in each of the plans of these prefixes; how many states were erased."""
        ...

    def origin_ms(self, partition: str) -> int | None:
        """The event time at which this store's knowledge of a partition begins; None: it has none."""
        ...

    async def close(self) -> None: ...
