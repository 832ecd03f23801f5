"""An event made ready for a store: its derived inputs, its entities, and what it adds to each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from features.aggregations.state import EntityPlan
from features.entity import DIGEST_SIZE


class Update(msgspec.Struct, frozen=True, gc=False):
    """One entity of one event on its way to a store.

    ``key``: the plan's prefix, a colon, and the digest of the entity's value. ``slot``: of which shard it is, see
    ``slot_of``. ``inputs``: what the plan's rings, sets and registers are fed, in that order (see ``EntityPlan``);
    empty where the plan only reads.
    """

    plan: EntityPlan
    key: bytes
    slot: int
    inputs: list[int]

    @property
    def digest(self) -> bytes:
        return self.key[-DIGEST_SIZE:]


class Prepared(msgspec.Struct, frozen=True, gc=False):
    """``entities``: the value of each entity that the event has, by name, in declared order.

    ``updates``: one for each of the catalogue's sources, None where the event has no such entity. ``inputs``: the
    kind's derived inputs, in declared order.
    """

    entities: Mapping[str, str]
    updates: Sequence[Update | None]
    inputs: tuple[Any, ...]


def key_of(prefix: str, digest: bytes) -> bytes:
    """The key of an entity's state, after the shard's tag."""
    return prefix.encode() + b":" + digest
