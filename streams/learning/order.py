"""One order of all that stands in several partitions, which is the same however and whenever they are read."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Generic, NamedTuple, TypeVar

Record = TypeVar("Record")


class Placed(NamedTuple, Generic[Record]):
    """A record, where it stands, and when it was appended there."""

    append_ms: int
    rank: int
    place: str
    offset: int
    record: Record


class Order(Generic[Record]):
    """Merges partitions by append time, then rank (smaller first), place and offset.

    A record is given out once no partition can bring an earlier one: each is known up to its last record, and up to
    what ``complete`` says. ``ranks``: by place.
    """

    def __init__(self, ranks: Mapping[str, int]) -> None:
        self._ranks = dict(ranks)
        self._held: dict[str, deque[Placed[Record]]] = {place: deque() for place in ranks}
        # All that a place has before this moment is known.
        self._known_ms = dict.fromkeys(ranks, 0)
        self.newest_ms = 0

    def add(self, place: str, offset: int, append_ms: int, record: Record) -> None:
        """The next record of a place. A broker's clock that goes back does not change the order in its partition."""
        append_ms = max(append_ms, self._known_ms[place])
        self._known_ms[place] = append_ms
        self.newest_ms = max(self.newest_ms, append_ms)
        self._held[place].append(Placed(append_ms, self._ranks[place], place, offset, record))

    def complete(self, place: str, until_ms: int) -> None:
        """The place has nothing more that was appended up to and including this moment."""
        self._known_ms[place] = max(self._known_ms[place], until_ms + 1)

    def is_known(self, place: str, until_ms: int) -> bool:
        """Whether all is known that the place has up to and including this moment."""
        return self._known_ms[place] > until_ms

    def held(self, place: str) -> int:
        return len(self._held[place])

    @property
    def waiting(self) -> bool:
        """Whether there is anything that has not been given out."""
        return any(self._held.values())

    def holds_back(self, place: str) -> bool:
        """Whether the others wait for this place."""
        return self._known_ms[place] == min(self._known_ms.values())

    def ready(self) -> Iterator[Placed[Record]]:
        """What can be given out by now, in order."""
        before_ms = min(self._known_ms.values())
        heap = [held[0] for held in self._held.values() if held and held[0].append_ms < before_ms]
        heapq.heapify(heap)
        while heap:
            first = heap[0]
            held = self._held[first.place]
            held.popleft()
            if held and held[0].append_ms < before_ms:
                heapq.heapreplace(heap, held[0])
            else:
                heapq.heappop(heap)
            yield first
