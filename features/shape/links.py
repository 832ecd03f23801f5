"""Where a mail's links lead, and how thick they stand."""

from __future__ import annotations

import re
from collections.abc import Sequence

from features.address import packed_ip, registrable_domain
from features.shape.senders import domain_of

_SCHEME = re.compile(r"https?://", re.IGNORECASE)


def first_domain(domains: Sequence[str] | None) -> str | None:
    """The registrable domain of the first link; None if there is no link."""
    return registrable_domain(domains[0]) if domains else None


def has_punycode(hosts: Sequence[str]) -> float:
    """1 if a host is written in letters beyond ASCII, else 0: look-alikes are (Unicode Technical Standard 39)."""
    return 1.0 if any("xn--" in host or not host.isascii() for host in hosts) else 0.0


def has_address(hosts: Sequence[str]) -> float:
    """1 if a link leads to an internet address instead of a name, else 0 (SpamAssassin's NUMERIC_HTTP_ADDR)."""
    return 1.0 if any(packed_ip(host.strip("[]")) is not None for host in hosts) else 0.0


def foreign_share(hosts: Sequence[str], sender: str | None) -> float:
    """Links that lead away from the sender's registrable domain over all, 0 to 1; 0 if there are none."""
    if not hosts or not sender:
        return 0.0
    own = domain_of(sender)
    return sum(registrable_domain(host) != own for host in hosts) / len(hosts)


def link_density(body: str) -> float:
    """Links in a thousand characters of text: a mail that only wants to be clicked is high."""
    return len(_SCHEME.findall(body)) * 1000 / len(body) if body else 0.0
