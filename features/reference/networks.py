"""Which network announces an address: ranges without overlaps, in one sorted file that loads by copying bytes."""

from __future__ import annotations

import hashlib
import struct
import sys
from array import array
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from features.address import packed_ip

_MAGIC = b"weir asn table 1\n"
_COUNTS = struct.Struct("<II")
_DIGEST_BYTES = 16
_HALF = 64


class BrokenTable(ValueError):
    """The bytes are no such table, or not all of it."""


@dataclass(frozen=True, slots=True, eq=False)
class NetworkTable:
    """Where each range starts and whose it is (0: nobody's); a range reaches up to the next one's start.

    IPv4 addresses are whole; of IPv6 addresses only the upper 64 bits count, since nothing finer is routed.
    """

    starts4: array[int]
    owners4: array[int]
    starts6: array[int]
    owners6: array[int]

    def owner(self, address: str) -> int | None:
        """The autonomous system's number; None for what is no address and for what nobody announces."""
        packed = packed_ip(address)
        if packed is None:
            return None
        if len(packed) == 4:
            starts, owners, number = self.starts4, self.owners4, int.from_bytes(packed, "big")
        else:
            starts, owners, number = self.starts6, self.owners6, int.from_bytes(packed[:8], "big")
        position = bisect_right(starts, number) - 1
        return owners[position] or None if position >= 0 else None

    def encode(self) -> bytes:
        """The table as a file, which carries its own digest."""
        parts = (self.starts4, self.owners4, self.starts6, self.owners6)
        body = _COUNTS.pack(len(self.starts4), len(self.starts6)) + b"".join(_little(part) for part in parts)
        return _MAGIC + _digest(body) + body


def build(ranges4: Iterable[tuple[int, int, int]], ranges6: Iterable[tuple[int, int, int]]) -> NetworkTable:
    """A table of inclusive ranges (first, last, owner) in any order; where they overlap the narrower one counts."""
    starts4, owners4 = _flatten([(first, last + 1, owner) for first, last, owner in ranges4], 2**32)
    # A range counts for those /64 that it covers wholly.
    halves = ((-(-first >> _HALF), last + 1 >> _HALF, owner) for first, last, owner in ranges6)
    starts6, owners6 = _flatten([one for one in halves if one[0] < one[1]], 2**64)
    return NetworkTable(array("I", starts4), array("I", owners4), array("Q", starts6), array("I", owners6))


def decode(data: bytes) -> NetworkTable:
    """Read a table's file; raises BrokenTable where anything of it is missing or altered."""
    head = len(_MAGIC) + _DIGEST_BYTES
    if not data.startswith(_MAGIC):
        raise BrokenTable("it is no table of networks")
    body = memoryview(data)[head:]
    if data[len(_MAGIC) : head] != _digest(body) or len(body) < _COUNTS.size:
        raise BrokenTable("it is incomplete or was altered")
    count4, count6 = _COUNTS.unpack_from(body)
    at, parts = _COUNTS.size, []
    for code, count in (("I", count4), ("I", count4), ("Q", count6), ("I", count6)):
        part = array(code)
        part.frombytes(body[at : at + count * part.itemsize])
        if sys.byteorder == "big":
            part.byteswap()
        at += count * part.itemsize
        parts.append(part)
    return NetworkTable(*parts)


def _flatten(ranges: list[tuple[int, int, int]], size: int) -> tuple[list[int], list[int]]:
    """Starts and owners of half-open ranges below ``size``; neighbours of one owner become one range."""
    starts: list[int] = []
    owners: list[int] = []

    def begin(start: int, owner: int) -> None:
        if starts and starts[-1] == start:
            starts.pop()
            owners.pop()
        if start < size and (owners[-1] if owners else 0) != owner:
            starts.append(start)
            owners.append(owner)

    around: list[tuple[int, int]] = []

    def leave(until: int | None) -> None:
        while around and (until is None or around[-1][0] <= until):
            end = around.pop()[0]
            while around and around[-1][0] <= end:
                around.pop()
            begin(end, around[-1][1] if around else 0)

    for start, end, owner in sorted(ranges, key=lambda one: (one[0], -one[1], one[2])):
        leave(start)
        begin(start, owner)
        around.append((end, owner))
    leave(None)
    return starts, owners


def _little(part: array[int]) -> bytes:
    if sys.byteorder == "big":
        part = array(part.typecode, part)
        part.byteswap()
    return part.tobytes()


def _digest(body: bytes | memoryview) -> bytes:
    return hashlib.blake2b(body, digest_size=_DIGEST_BYTES).digest()
