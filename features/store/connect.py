"""From the address in the settings to a client of one Redis, or of a Redis Cluster."""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from features.store.address import redis_address
from features.store.cluster import Cluster


def connect(url: str, *, timeout_s: float = 5.0) -> Redis | Cluster:
    """A client that connects with its first call, and says at once what went wrong: patience is its callers'.

    ``redis://[user:password@]host:port/database`` is one server (``rediss``: TLS; ``unix:///path``: a socket).
    ``redis+cluster://[user:password@]host:port[,host:port…]`` is a cluster, of which some servers are named and the
    others learned (``rediss+cluster``: TLS). Options of redis-py may follow as ``?name=value``.
    Raises ValueError with a remedy.
    """
    options: dict[str, Any] = {
        "socket_timeout": timeout_s,
        "socket_connect_timeout": timeout_s,
        "retry": Retry(NoBackoff(), 0),
        "health_check_interval": 0,
        # Speaking the newer one, redis-py hands out idle connections that the server has closed meanwhile.
        "protocol": 2,
    }
    address = redis_address(url)
    if not address.cluster:
        return Redis.from_url(address.servers[0], **options)
    servers: list[dict[str, Any]] = [dict(parse_url(server)) for server in address.servers]
    seeds = [(server.pop("host"), server.pop("port", 6379)) for server in servers]
    return Cluster(seeds, {**options, **servers[0]})
