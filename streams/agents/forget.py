"""Forgetting in one kind: earlier events of the forgotten feed nothing, and what they fed is erased."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from features.catalogue import Catalogue
from features.entity import digest, value_hash
from features.event import Event
from features.prepared import Prepared, Update
from features.spelling import stands_for_itself
from features.store.contract import Store
from streams.forgotten import Forgotten


class Forgetter:
    """Between two calls of the store by the same agent: leaves out what counts no more, and erases what came in
    before this process learned of a forgetting."""

    def __init__(self, forgotten: Forgotten, catalogue: Catalogue, store: Store) -> None:
        self._forgotten = forgotten
        self._catalogue = catalogue
        self._store = store
        self._entities = {entity.name: entity for entity in catalogue.kind.entities}
        self._erasing = forgotten.subscribe()

    def updates(self, event: Event, prepared: Prepared, append_ms: int) -> Sequence[Update | None]:
        """The event's updates, less those of the forgotten, and less their values in the sets of others."""
        if not self._forgotten.any_after(append_ms):
            return prepared.updates
        gone = [
            name
            for name, value in prepared.entities.items()
            if self._forgotten.is_forgotten((name, digest(value)), append_ms)
        ]
        if not gone:
            return prepared.updates
        hashes = {found for name in gone if (found := self._hash(event, prepared, name)) is not None}
        return [
            None if update is None or source.entity in gone else _without(update, hashes)
            for source, update in zip(self._catalogue.sources, prepared.updates, strict=True)
        ]

    async def erase(self) -> None:
        """Erase those who were forgotten since the last call; raises StoreUnavailable, and then goes on next time."""
        while self._erasing:
            entity, stands = self._erasing[0]
            if entity in self._entities:
                await self._store.forget(stands, [self._catalogue.plans[entity].prefix])
            self._erasing.popleft()

    def _hash(self, event: Event, prepared: Prepared, name: str) -> int | None:
        """The actor as sets hold it, which is how this event spells it; None if sets hold other things under it."""
        entity = self._entities[name]
        if not stands_for_itself(entity, prepared.entities[name]):
            return None
        inputs = dict(zip(self._catalogue.inputs, prepared.inputs, strict=True))
        return value_hash(inputs[entity.of] if entity.of in inputs else getattr(event.data, entity.of))


def _without(update: Update, hashes: set[int]) -> Update:
    plan = update.plan
    if plan.whole is not None:
        return update
    inputs = list(update.inputs)
    for at in range(plan.weights, plan.weights + len(plan.sets)):
        # Below -1 a value is to be looked up, and not put in.
        if (inputs[at] if inputs[at] >= -1 else -2 - inputs[at]) in hashes:
            inputs[at] = -1
    return msgspec.structs.replace(update, inputs=inputs)
