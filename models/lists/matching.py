"""Whether a value of an event stands in a list: by type, in a time that hardly grows with the list."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf
from typing import Any, Protocol

from features.address import packed_ip
from models.lists.values import Entry, ListType, domain_name

# Entries by what is looked up, with the event time, in milliseconds, from which on they count no more.
_Until = dict[Any, float]


class EntityList(Protocol):
    """Values with their expiry. Many may ask while one thread changes it: they see a change or do not."""

    def put(self, value: str, expires_ms: int | None) -> None:
        """Take a value in its normal spelling; anew, it gets this expiry."""

    def drop(self, value: str) -> None:
        """Take a value out that is in it, in its normal spelling."""

    def holds(self, name: str, value: Any, time_ms: int) -> bool:
        """Whether the value that an event has under ``name`` stands in it at that event time; None never does.

        Of several texts it is enough that one does.
        """

    def __len__(self) -> int:
        """How many values it has, expired ones too."""


def empty_list(of: ListType) -> EntityList:
    return _MAKERS[of]()


def list_of(of: ListType, entries: Iterable[Entry]) -> EntityList:
    """A list of these entries, whose values are in their normal spelling."""
    made = empty_list(of)
    for entry in entries:
        made.put(entry.value, entry.expires_ms)
    return made


class _Values:
    """A value is found by its text, as ``spelled`` turns it."""

    def __init__(self, spelled: Callable[[str], str | None] | None = None) -> None:
        self._spelled = spelled
        self._until: _Until = {}

    def put(self, value: str, expires_ms: int | None) -> None:
        self._until[value] = inf if expires_ms is None else expires_ms

    def drop(self, value: str) -> None:
        self._until.pop(value, None)

    def holds(self, name: str, value: Any, time_ms: int) -> bool:
        if isinstance(value, (list, tuple)):
            return any(self.holds(name, one, time_ms) for one in value)
        if value is None:
            return False
        text = value if isinstance(value, str) else str(value)
        return self._has(text if self._spelled is None else self._spelled(text), time_ms)

    def _has(self, text: str | None, time_ms: int) -> bool:
        return time_ms < self._until.get(text, -inf)

    def __len__(self) -> int:
        return len(self._until)


class _Domains(_Values):
    """A domain is found by itself and by each of its subdomains; of a mail address its domain counts."""

    def _has(self, text: str | None, time_ms: int) -> bool:
        dot = "."
        while text and dot:
            if time_ms < self._until.get(text, -inf):
                return True
            _, dot, text = text.partition(".")
        return False


def _domain_of(text: str) -> str | None:
    name = text.rpartition("@")[2].rstrip(".").lower()
    return name if name.isascii() else domain_name(name)


class _Networks(_Values):
    """Addresses and networks, by the length of the prefix: one look for each length that there is."""

    def __init__(self) -> None:
        super().__init__()
        self._by_shift: dict[int, dict[int, _Until]] = {4: {}, 16: {}}
        # By the bytes of an address. Replaced whole, so that nobody meets a table that is being changed.
        self._tables: dict[int, tuple[tuple[int, _Until], ...]] = {4: (), 16: ()}
        self._count = 0

    def put(self, value: str, expires_ms: int | None) -> None:
        size, shift, number = _network(value)
        tables = self._by_shift[size]
        table = tables.setdefault(shift, {})
        before = len(table)
        table[number] = inf if expires_ms is None else expires_ms
        self._count += len(table) - before
        if not before:
            self._tables[size] = tuple(sorted(tables.items(), key=lambda one: one[0]))

    def drop(self, value: str) -> None:
        size, shift, number = _network(value)
        tables = self._by_shift[size]
        if tables.get(shift, {}).pop(number, None) is None:
            return
        self._count -= 1
        if not tables[shift]:
            del tables[shift]
            self._tables[size] = tuple(sorted(tables.items(), key=lambda one: one[0]))

    def _has(self, text: str | None, time_ms: int) -> bool:
        packed = packed_ip(text or "")
        if packed is None:
            return False
        number = int.from_bytes(packed, "big")
        return any(time_ms < table.get(number >> shift, -inf) for shift, table in self._tables[len(packed)])

    def __len__(self) -> int:
        return self._count


class _Entities:
    """Entities with their values: each is found by its text, and an address also by a network around it."""

    def __init__(self) -> None:
        self._values: dict[str, _Values] = {}
        self._networks: dict[str, _Networks] = {}

    def put(self, value: str, expires_ms: int | None) -> None:
        name, _, text = value.partition("=")
        self._values.setdefault(name, _Values()).put(text, expires_ms)
        if _is_network(text):
            self._networks.setdefault(name, _Networks()).put(text, expires_ms)

    def drop(self, value: str) -> None:
        name, _, text = value.partition("=")
        if name in self._values:
            self._values[name].drop(text)
            if not len(self._values[name]):
                del self._values[name]
        if name in self._networks and _is_network(text):
            self._networks[name].drop(text)
            if not len(self._networks[name]):
                del self._networks[name]

    def holds(self, name: str, value: Any, time_ms: int) -> bool:
        values = self._values.get(name)
        if values is None:
            return False
        networks = self._networks.get(name)
        return values.holds(name, value, time_ms) or (networks is not None and networks.holds(name, value, time_ms))

    def __len__(self) -> int:
        return sum(map(len, self._values.values()))


def _network(value: str) -> tuple[int, int, int]:
    """Bytes of an address, how many bits are free, and the bits before them; for a normal spelling only."""
    address, _, length = value.partition("/")
    packed = packed_ip(address)
    assert packed is not None
    free = 8 * len(packed) - int(length) if length else 0
    return len(packed), free, int.from_bytes(packed, "big") >> free


def _is_network(text: str) -> bool:
    address, _, length = text.partition("/")
    return packed_ip(address) is not None and (not length or length.isdigit())


_MAKERS: dict[ListType, Callable[[], EntityList]] = {
    "ip": _Networks,
    "account": _Values,
    "domain": lambda: _Domains(_domain_of),
    "asn": _Values,
    "hash": lambda: _Values(str.lower),
    "text": _Values,
    "entity": _Entities,
}
