"""From an event to the handles of its actors, hashed for the store."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import msgspec

from features.event import Event


@dataclass(frozen=True, slots=True)
class Handle:
    """One entity of one event. ``digest``: 12 bytes that stand for the value in every key of the store."""

    name: str
    value: str
    digest: bytes


def handles(event: Event) -> dict[str, Handle]:
    """The event's entities by name, in declared order; what is absent or empty is left out."""
    found: dict[str, Handle] = {}
    for entity in event.kind.entities:
        raw = getattr(event.data, entity.of)
        if raw is None or raw == "":
            continue
        value = entity.by(raw) if entity.by is not None else str(raw)
        if value:
            found[entity.name] = Handle(entity.name, value, digest(value))
    return found


def digest(value: str) -> bytes:
    return hashlib.blake2b(value.encode(), digest_size=12).digest()


def shard_of(digest_bytes: bytes, shards: int) -> int:
    """The store's shard of a handle: the same handle is in the same shard for every kind."""
    return int.from_bytes(digest_bytes[:4], "big") % shards


def value_hash(value: Any) -> int | None:
    """A value as a distinct count sees it: 48 bits of BLAKE2b over its UTF-8; null is no value."""
    if value is None:
        return None
    data = value.encode() if isinstance(value, str) else msgspec.json.encode(value)
    return int.from_bytes(hashlib.blake2b(data, digest_size=6).digest(), "big")
