"""The domains that a mail links to."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from features.address import ip_address, registrable_domain

_LINK = re.compile(r"https?://([^\s/?#\"'<>\\)]+)", re.IGNORECASE)
_HOST = re.compile(r"[\w.-]+")
_LONGEST_HOST = 253


def link_domains(texts: Iterable[tuple[str, bool]], most: int) -> list[str]:
    """The registrable domains (addresses as they are) of the links in the texts, unique, in order, at most ``most``.

    Each text comes with whether it is HTML, whose character references are resolved first.
    """
    found: dict[str, None] = {}
    for text, is_html in texts:
        seen = html.unescape(text) if is_html and "&" in text else text
        for authority in _LINK.findall(seen):
            domain = _domain(authority.rpartition("@")[2])
            if domain is not None:
                found[domain] = None
                if len(found) == most:
                    return list(found)
    return list(found)


def _domain(host: str) -> str | None:
    if host.startswith("["):
        return ip_address(host[1:].partition("]")[0])
    name = _HOST.match(host)
    if name is None:
        return None
    address = ip_address(name[0])
    if address is not None:
        return address
    domain = registrable_domain(name[0].strip("."))
    return domain if domain and len(domain) <= _LONGEST_HOST else None
