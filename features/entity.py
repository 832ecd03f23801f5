"""Entities as stores know them: by hashes of their values."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec


def everyone(_value: object) -> str:
    """The one entity that all events of a kind share: what is usual."""
    return "*"


def digest(value: str) -> bytes:
    """12 bytes that stand for an entity's value in every key of a store."""
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
