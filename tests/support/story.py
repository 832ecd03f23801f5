"""What happens one after the other, and the vector that each event gets: for tests of what a catalogue tells."""

from __future__ import annotations

import asyncio

from support.events import CATALOGUES, REFERENCE

from features.event import Event
from features.reference import Reference
from features.store.contract import Observation, Position
from features.store.memory import MemoryStore

PARTITION = "story:0"


def told(*events: Event, reference: Reference = REFERENCE) -> list[dict[str, float]]:
    """The features of each event by name; all kinds share one store, and the order given is that of the log."""
    return asyncio.run(_told(events, reference))


async def _told(events: tuple[Event, ...], reference: Reference) -> list[dict[str, float]]:
    store = MemoryStore()
    await store.attach(PARTITION)
    vectors = []
    for offset, event in enumerate(events):
        catalogue = CATALOGUES[event.kind.name]
        prepared = catalogue.prepare(event, reference)
        observation = Observation(Position(PARTITION, offset, event.time_ms), event.time_ms, prepared.updates)
        (readings,) = await store.observe([observation], {PARTITION: offset})
        vectors.append(dict(zip(catalogue.names, catalogue.vector(event, prepared, readings), strict=True)))
    return vectors
