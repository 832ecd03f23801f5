"""The functions that a condition may call: all total, all of bounded cost."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from features.address import packed_ip
from features.expression.types import BOOL, NUMBER, STRING, STRINGS


@dataclass(frozen=True, slots=True)
class Function:
    """Parameter types (each a set of allowed ones), result type, and what a literal argument must satisfy."""

    parameters: tuple[frozenset[str], ...]
    result: str
    implementation: Callable[..., Any]
    check: Callable[[Any], str | None] | None = None


def in_network(address: str, network: str) -> bool:
    """Whether the address lies in the CIDR network; false for what is no address."""
    packed = packed_ip(address)
    if packed is None:
        return False
    size, base, bits = _network(network)
    return len(packed) == size and int.from_bytes(packed, "big") >> bits == base


@lru_cache(maxsize=4096)
def _network(network: str) -> tuple[int, int, int]:
    parsed = ipaddress.ip_network(network)
    bits = parsed.max_prefixlen - parsed.prefixlen
    return parsed.max_prefixlen // 8, int(parsed.network_address) >> bits, bits


def _is_network(value: Any) -> str | None:
    try:
        ipaddress.ip_network(value)
    except ValueError:
        example = "'203.0.113.0/24', host bits zero"
        return f"{value!r} is no network: write {example}" if value else f"expected a written-out network: {example}"
    return None


_S = frozenset({STRING})
_N = frozenset({NUMBER})
# Not a function of values: it asks for a name.
MISSING = "missing"
FUNCTIONS: dict[str, Function] = {
    "starts_with": Function((_S, _S), BOOL, str.startswith),
    "ends_with": Function((_S, _S), BOOL, str.endswith),
    "contains": Function((frozenset({STRING, STRINGS}), _S), BOOL, lambda whole, part: part in whole),
    "lower": Function((_S,), STRING, str.lower),
    "length": Function((frozenset({STRING, STRINGS}),), NUMBER, len),
    "in_network": Function((_S, _S), BOOL, in_network, _is_network),
    "abs": Function((_N,), NUMBER, abs),
    "min": Function((_N, _N), NUMBER, min),
    "max": Function((_N, _N), NUMBER, max),
}
