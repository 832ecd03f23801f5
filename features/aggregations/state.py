"""What a store keeps for a measure, and what it answers: integers only, so that all stores agree exactly."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

import msgspec


@dataclass(frozen=True, slots=True)
class Ring:
    """Sums in ``buckets`` buckets of ``bucket_s`` seconds. ``id`` stands for the measure's whole definition."""

    id: str
    bucket_s: int
    buckets: int


@dataclass(frozen=True, slots=True)
class ValueSet:
    """The ``cap`` greatest (bucket, hash) pairs, buckets being those of the shortest window.

    ``spans`` has for each window (its bucket as a multiple of the shortest one's, its number of buckets).
    """

    id: str
    bucket_s: int
    spans: tuple[tuple[int, int], ...]
    cap: int


@dataclass(frozen=True, slots=True)
class EntityPlan:
    """All that a store keeps for one entity of one kind. ``prefix`` is part of the entity's keys."""

    prefix: str
    rings: tuple[Ring, ...]
    sets: tuple[ValueSet, ...]
    horizon_s: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What a store knew about an entity when an event was added.

    ``newest_ms``, ``oldest_ms``: the greatest and least event time before this event, None for a new entity.
    ``late``: at least one ring had no bucket left for the event. ``sums``: one a ring, this event included.
    ``counts``: one a set and window, this event's value included. ``known``: one a set, the value was there.
    """

    newest_ms: int | None
    oldest_ms: int | None
    late: bool
    sums: tuple[int, ...]
    counts: tuple[tuple[int, ...], ...]
    known: tuple[bool, ...]


def absent(plan: EntityPlan) -> Reading:
    """The reading of an entity that the event does not have."""
    return Reading(
        None,
        None,
        False,
        (0,) * len(plan.rings),
        tuple((0,) * len(values.spans) for values in plan.sets),
        (True,) * len(plan.sets),
    )


def definition_id(*definition: Any) -> str:
    """A short name for a definition: state is kept under it, so a changed definition starts anew."""
    digest = hashlib.blake2b(msgspec.json.encode(definition), digest_size=6).digest()
    return base64.urlsafe_b64encode(digest).decode()
