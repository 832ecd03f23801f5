"""How one writes where Redis is; read without connecting, so that a wrong setting is refused at the start."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

FORMS = "redis://host:port/database, or redis+cluster://host:port,host:port for a cluster; rediss for TLS"
_CLUSTER = {"redis+cluster://": "redis://", "rediss+cluster://": "rediss://"}


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """``servers``: a url for each that was named, as redis-py takes it. ``cluster``: they are part of one."""

    cluster: bool
    servers: tuple[str, ...]


def redis_address(url: str) -> RedisAddress:
    """Read the setting; raises ValueError, which says how to write it and repeats nothing of it."""
    if url.startswith("unix:///"):
        return RedisAddress(False, (url,))
    if url.startswith(("redis://", "rediss://")):
        return RedisAddress(False, (_checked(url),))
    scheme = next((scheme for scheme in _CLUSTER if url.startswith(scheme)), None)
    if scheme is None:
        raise ValueError(f"write it as {FORMS}")
    rest = url.removeprefix(scheme)
    ends = [at for at in map(rest.find, "/?") if at >= 0]
    servers, tail = (rest[: min(ends)], rest[min(ends) :]) if ends else (rest, "")
    if tail.partition("?")[0] not in ("", "/", "/0"):
        raise ValueError("a cluster has no databases: leave out what follows the servers")
    login, at, names = servers.rpartition("@")
    return RedisAddress(
        True, tuple(_checked(f"{_CLUSTER[scheme]}{login}{at}{name}{tail}") for name in names.split(","))
    )


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        complete = bool(parts.hostname) and parts.port != 0
    except ValueError:
        complete = False
    if not complete:
        raise ValueError(f"a server's name or port is missing or wrong: write it as {FORMS}")
    return url
