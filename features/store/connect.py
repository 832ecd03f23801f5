"""From the address in the settings to a client of one Redis, or of a Redis Cluster."""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from features.store.cluster import Cluster

FORMS = "redis://host:port/database, or redis+cluster://host:port,host:port for a cluster; rediss for TLS"
_ONE = ("redis://", "rediss://", "unix://")
_CLUSTER = {"redis+cluster://": "redis://", "rediss+cluster://": "rediss://"}


def connect(url: str, *, timeout_s: float = 5.0) -> Redis | Cluster:
    """A client that connects with its first call, and says at once what went wrong: patience is its callers'.

    ``redis://[user:password@]host:port/database`` is one server (``rediss``: TLS; ``unix:///path``: a socket).
    ``redis+cluster://[user:password@]host:port[,host:port…]`` is a cluster, of which some servers are named
    (``rediss+cluster``: TLS). Options of redis-py may follow as ``?name=value``. Raises ValueError with a remedy.
    """
    options: dict[str, Any] = {
        "socket_timeout": timeout_s,
        "socket_connect_timeout": timeout_s,
        "retry": Retry(NoBackoff(), 0),
        "health_check_interval": 0,
    }
    if url.startswith(_ONE):
        return Redis.from_url(url, **options)
    parts = [_parsed(part) for part in _one_by_one(url)]
    if parts[0].pop("db", 0) != 0:
        raise ValueError("a cluster has no databases: leave out the path")
    seeds = [(part.pop("host"), part.pop("port", 6379)) for part in parts]
    return Cluster(seeds, {**options, **parts[0]})


def _one_by_one(url: str) -> list[str]:
    """The url of every server that a cluster's url names."""
    scheme = next((scheme for scheme in _CLUSTER if url.startswith(scheme)), None)
    if scheme is None:
        raise ValueError(f"write it as {FORMS}")
    rest = url.removeprefix(scheme)
    ends = [at for at in map(rest.find, "/?") if at >= 0]
    servers, tail = (rest[: min(ends)], rest[min(ends) :]) if ends else (rest, "")
    login, at, names = servers.rpartition("@")
    return [f"{_CLUSTER[scheme]}{login}{at}{name}{tail}" for name in names.split(",")]


def _parsed(url: str) -> dict[str, Any]:
    options: dict[str, Any] = dict(parse_url(url))
    if not options.get("host"):
        raise ValueError(f"a server lacks its name: write it as {FORMS}")
    return options
