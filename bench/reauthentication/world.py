"""Features in the order of the file, and of tries that leave no trace."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from features.catalogue import Catalogue, catalogues
from features.event import Event, EventDecoder
from features.kinds import load_kinds
from features.prepared import Prepared
from features.reference import Reference, load_reference
from features.store.contract import Observation, Position
from features.store.memory import MemoryStore
from features.store.state import State
from streams.logins.events import KIND, event_of
from streams.logins.rba import RbaRow

_PARTITION = "rba:0"
_NO_FUTURE_S = 10**12
_LONGEST = 131_072
_Answer = TypeVar("_Answer")


class _Store(MemoryStore):
    """A memory store that can be put back."""

    def held(self, keys: Sequence[bytes]) -> dict[bytes, State | None]:
        return {key: None if (state := self._entities.get(key)) is None else _copy(state) for key in keys}

    def put_back(self, held: dict[bytes, State | None]) -> None:
        for key, state in held.items():
            if state is None:
                self._entities.pop(key, None)
            else:
                self._entities[key] = state


def _copy(state: State) -> State:
    rings = {name: dict(cells) for name, cells in state.rings.items()}
    sets = {name: dict(values) for name, values in state.sets.items()}
    return State(state.newest_ms, state.oldest_ms, rings, sets, dict(state.registers))


class World:
    """What is known of all accounts and addresses up to now. Without reference data, which is of today."""

    def __init__(self) -> None:
        self.catalogue: Catalogue = catalogues(list(load_kinds().values()))[KIND]
        self._decoder = EventDecoder(self.catalogue.kind, _LONGEST, _NO_FUTURE_S)
        self._reference: Reference = load_reference(None)
        self._store = _Store()
        self._offset = 0
        asyncio.run(self._store.attach(_PARTITION))

    def see(self, row: RbaRow) -> tuple[float, ...]:
        """The features of a login, which counts from then on."""
        event, prepared = self._prepared(row)
        return self._vector(event, prepared)

    def what_if(self, row: RbaRow) -> tuple[float, ...]:
        """The features that a login would have, which does not happen."""
        event, prepared = self._prepared(row)
        held = self._store.held([update.key for update in prepared.updates if update is not None])
        vector = self._vector(event, prepared)
        self._store.put_back(held)
        return vector

    def _prepared(self, row: RbaRow) -> tuple[Event, Prepared]:
        event = self._decoder.decode(event_of(row))
        return event, self.catalogue.prepare(event, self._reference)

    def _vector(self, event: Event, prepared: Prepared) -> tuple[float, ...]:
        position = Position(_PARTITION, self._offset, event.time_ms)
        observe = self._store.observe(
            [Observation(position, event.time_ms, prepared.updates)], {_PARTITION: self._offset}
        )
        self._offset += 1
        return self.catalogue.vector(event, prepared, _done(observe)[0])


def _done(call: Coroutine[Any, Any, _Answer]) -> _Answer:
    """The answer of a coroutine that waits for nothing, without the cost of an event loop."""
    try:
        call.send(None)
    except StopIteration as answer:
        return answer.value  # type: ignore[no-any-return]
    raise AssertionError("the memory store waited")
