"""Events given to a store as decide gives them, and the vectors that come back."""

from __future__ import annotations

from collections.abc import Sequence

from support.events import CATALOGUES, REFERENCE

from features.event import Event
from features.store.contract import Observation, Observed, Position, Store


def observation(one: Event, offset: int, partition: str = "T:0") -> Observation:
    prepared = CATALOGUES[one.kind.name].prepare(one, REFERENCE)
    return Observation(Position(partition, offset, one.time_ms), one.time_ms, prepared.updates)


def vector(one: Event, readings: Observed) -> dict[str, float]:
    catalogue = CATALOGUES[one.kind.name]
    values = catalogue.vector(one, catalogue.prepare(one, REFERENCE), readings)
    return dict(zip(catalogue.names, values, strict=True))


async def observe(store: Store, events: Sequence[Event], start: int = 0) -> list[dict[str, float]]:
    answers = await store.observe(
        [observation(one, start + i) for i, one in enumerate(events)], {"T:0": start + len(events) - 1}
    )
    return [vector(one, answer) for one, answer in zip(events, answers, strict=True)]
