"""Internet addresses and domains as entities: one spelling for one thing."""

from __future__ import annotations

import socket
from functools import lru_cache

from publicsuffixlist import PublicSuffixList

_MAPPED = b"\x00" * 10 + b"\xff\xff"
_suffixes = PublicSuffixList()


def packed_ip(text: str) -> bytes | None:
    """The address as 4 or 16 bytes (an IPv4-mapped IPv6 address as 4), or None if it is none."""
    try:
        if ":" not in text:
            return socket.inet_pton(socket.AF_INET, text)
        packed = socket.inet_pton(socket.AF_INET6, text)
    except (OSError, ValueError):
        return None
    return packed[12:] if packed.startswith(_MAPPED) else packed


def ip_address(text: str) -> str | None:
    """The address in its canonical spelling."""
    packed = packed_ip(text)
    return None if packed is None else _unpack(packed)


def subnet(text: str) -> str | None:
    """The /24 of an IPv4 address or the /48 of an IPv6 address, as ``network/length``."""
    packed = packed_ip(text)
    if packed is None:
        return None
    if len(packed) == 4:
        return f"{packed[0]}.{packed[1]}.{packed[2]}.0/24"
    return f"{_unpack(packed[:6] + bytes(10))}/48"


def _unpack(packed: bytes) -> str:
    return socket.inet_ntop(socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed)


@lru_cache(maxsize=65536)
def registrable_domain(host: str) -> str | None:
    """The domain that somebody registered: ``mail.example.co.uk`` → ``example.co.uk`` (public suffix list).

    An address in its place (``[192.0.2.1]``) stands for itself.
    """
    name = host.strip().rstrip(".").lower()
    if not name or len(name) > 253:
        return None
    literal = ip_address(name.strip("[]").removeprefix("ipv6:"))
    if literal is not None:
        return literal
    if not name.isascii():
        name = _punycode(name)
    return str(_suffixes.privatesuffix(name) or name)


def _punycode(name: str) -> str:
    """The spelling that goes over the wire, so that both spellings of a domain are one entity."""
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return name


def email_domain(address: str) -> str | None:
    """The registrable domain of an e-mail address."""
    _, at, host = address.rpartition("@")
    return registrable_domain(host.rstrip(">")) if at else None
