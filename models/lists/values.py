"""What a list may hold, by its type, each value in the one spelling under which it is found."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

import msgspec

from features.address import ip_address, packed_ip
from features.errors import WeirError

# ``entity`` is the type of ``protect`` alone.
ListType = Literal["ip", "account", "domain", "asn", "hash", "text", "entity"]
PROTECT = "protect"
# As rules write it: lists.<name>.
LIST_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")

_MOST_ACCOUNT = 512
_MOST_TEXT = 2048
_MOST_ASN = 2**32 - 1
_IPV4_BYTES = 4
# An IPv4 address within IPv6 stands behind so many bits.
_MAPPED_BITS = 96
_LENGTH = re.compile(r"[0-9]{1,3}")
_ASN = re.compile(r"(?:as)?([0-9]{1,10})", re.IGNORECASE)
_HASH = re.compile(r"[0-9a-f]{8,128}")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_ENTITY = re.compile(r"[a-z_][a-z0-9_]*")


class ListError(WeirError):
    """A value that a list cannot hold: write another; the text says which, and does not repeat the value."""


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """``value`` in its normal spelling; from ``expires_ms`` on, in event time, it counts no more."""

    value: str
    expires_ms: int | None = None
    author: str = ""
    reason: str = ""


def normal(of: ListType, text: str) -> str:
    """The value in its normal spelling, which is its own; raises ListError."""
    return _BY_TYPE[of](text)


def domain_name(text: str) -> str | None:
    """A domain as it goes over the wire: lower case, without the last dot; None for what is none."""
    name = text.rstrip(".").lower()
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii").rstrip(".").lower()
        except UnicodeError:
            return None
    whole = 0 < len(name) <= 253 and all(_LABEL.fullmatch(label) for label in name.split("."))
    return name if whole else None


def _ip(text: str) -> str:
    """An address, or a network with the length of its prefix."""
    address, slash, written = text.partition("/")
    packed = packed_ip(address)
    if packed is None:
        raise ListError("is no address and no network: write for example 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32")
    first, bits = str(ip_address(address)), 8 * len(packed)
    if not slash:
        return first
    inside_ipv6 = ":" in address and len(packed) == _IPV4_BYTES
    length = int(written) - (_MAPPED_BITS if inside_ipv6 else 0) if _LENGTH.fullmatch(written) else -1
    if not 0 <= length <= bits:
        raise ListError("is no network: write an address and the length of the prefix, as in 192.0.2.0/24")
    if int.from_bytes(packed, "big") & ((1 << bits - length) - 1):
        raise ListError(f"is an address within a network of /{written}: write the network's first address")
    return first if length == bits else f"{first}/{length}"


def _exact(longest: int) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not text or len(text) > longest or not _is_unicode(text):
            raise ListError(f"is empty, longer than {longest} characters, or no text")
        return text

    return check


def _domain(text: str) -> str:
    literal = ip_address(text)
    name = literal if literal is not None else domain_name(text)
    if name is None:
        raise ListError("is no domain: write for example example.com, which stands for its subdomains too")
    return name


def _asn(text: str) -> str:
    found = _ASN.fullmatch(text)
    if found is None or int(found[1]) > _MOST_ASN:
        raise ListError(f"is no number of an autonomous system: write for example 64500 or AS64500, to {_MOST_ASN}")
    return str(int(found[1]))


def _hash(text: str) -> str:
    if not _HASH.fullmatch(text.lower()):
        raise ListError("is no hash: write 8 to 128 hexadecimal digits")
    return text.lower()


def _entity(text: str) -> str:
    name, _, value = text.partition("=")
    if not _ENTITY.fullmatch(name) or not value or len(value) > _MOST_TEXT or not _is_unicode(value):
        raise ListError("names no entity with its value: write for example account=ada or ip=192.0.2.0/24")
    address, _, length = value.partition("/")
    if packed_ip(address) is None or (length and not length.isdigit()):
        return text
    return f"{name}={_ip(value)}"


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


_BY_TYPE: dict[ListType, Callable[[str], str]] = {
    "ip": _ip,
    "account": _exact(_MOST_ACCOUNT),
    "domain": _domain,
    "asn": _asn,
    "hash": _hash,
    "text": _exact(_MOST_TEXT),
    "entity": _entity,
}
