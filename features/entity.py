"""Entities as stores know them: by hashes of their values."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

DIGEST_SIZE = 12


def everyone(_value: object) -> str:
    """The one entity that all events of a kind share: what is usual."""
    return "*"


def digest(value: str) -> bytes:
    """What stands for an entity's value in every key of a store."""
    return hashlib.blake2b(value.encode(), digest_size=DIGEST_SIZE).digest()


def slot_of(digest_bytes: bytes) -> int:
    """A number whose rest by the number of shards is the shard: the same for an actor in every kind."""
    return int.from_bytes(digest_bytes[:4], "big")


def value_hash(value: Any) -> int | None:
    """A value as a distinct count sees it: 48 bits of BLAKE2b over its UTF-8; null is no value."""
    if value is None:
        return None
    data = value.encode() if isinstance(value, str) else msgspec.json.encode(value)
    return int.from_bytes(hashlib.blake2b(data, digest_size=6).digest(), "big")
