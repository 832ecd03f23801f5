"""Who handed the mail over: the address and the greeting in the Received headers, from the top."""

from __future__ import annotations

import re
from collections.abc import Sequence

from features.address import ip_address, packed_ip

_FROM = re.compile(r"\bfrom\s+(.*?)(?:\sby\s|;|\Z)", re.IGNORECASE | re.DOTALL)
_BRACKETED = re.compile(r"\[(?:IPv6:)?([0-9a-f:.]+)\]", re.IGNORECASE)
_BARE = re.compile(r"(?<![\w.:-])(\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{1,4}:[0-9a-f:.]+)(?![\w.:-])", re.IGNORECASE)
_GREETING = re.compile(r"\((?:HELO|EHLO)\s+([^)\s]+)|\bhelo=([^\s;)]+)", re.IGNORECASE)
_MOST_HEADERS = 50
_LONGEST_CLAUSE = 2048


def handover(received: Sequence[str]) -> tuple[str | None, str | None]:
    """The first public address and the name under which its host greeted; without one, the topmost greeting."""
    topmost: str | None = None
    for value in received[:_MOST_HEADERS]:
        clause = _FROM.search(value[:_LONGEST_CLAUSE])
        if clause is None:
            continue
        greeting = _greeting(clause[1])
        for candidate in (*_BRACKETED.findall(clause[1]), *_BARE.findall(clause[1])):
            if is_public(candidate):
                return ip_address(candidate), greeting
        topmost = topmost or greeting
    return None, topmost


def is_public(text: str) -> bool:
    """Whether it is an address of the open internet: not private, shared, local, reserved or multicast.

    Ranges reserved for documentation and benchmarks pass: they occur where addresses were made unrecognisable.
    """
    packed = packed_ip(text)
    if packed is None:
        return False
    if len(packed) == 16:
        return packed[0] not in (0, 0xFC, 0xFD, 0xFF) and not (packed[0] == 0xFE and packed[1] >= 0x80)
    first, second = packed[0], packed[1]
    return not (
        first in (0, 10, 127)
        or first >= 224
        or (first == 100 and 64 <= second < 128)
        or (first == 169 and second == 254)
        or (first == 172 and 16 <= second < 32)
        or (first == 192 and second == 168)
    )


def _greeting(clause: str) -> str | None:
    said = _GREETING.search(clause)
    if said is not None:
        return said[1] or said[2]
    words = clause.split(None, 1)
    return words[0].strip("()[];,") or None if words else None
