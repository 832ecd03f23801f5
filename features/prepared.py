"""An event made ready for a store: its derived inputs, its entities, and what it adds to each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from features.aggregations.state import EntityPlan


class Update(msgspec.Struct, frozen=True, gc=False):
    """One entity of one event on its way to a store.

    ``digest``: 12 bytes that stand for the entity's value in every key. ``inputs``: what the plan's rings, sets and
    registers are fed, in that order (see ``EntityPlan``); empty where the plan only reads.
    """

    plan: EntityPlan
    digest: bytes
    inputs: list[int]


@dataclass(frozen=True, slots=True)
class Prepared:
    """``entities``: the value of each entity that the event has, by name, in declared order.

    ``updates``: one for each of the catalogue's sources, None where the event has no such entity. ``inputs``: the
    kind's derived inputs, in declared order.
    """

    entities: Mapping[str, str]
    updates: Sequence[Update | None]
    inputs: tuple[Any, ...]
