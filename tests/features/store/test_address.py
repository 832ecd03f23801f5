"""How one writes where Redis is."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from features.store.address import redis_address
from features.store.cluster import Cluster
from features.store.connect import connect
from streams.settings import SettingsError, load_settings


@pytest.mark.parametrize(
    ("url", "servers"),
    [
        ("redis+cluster://a", ["redis://a"]),
        ("redis+cluster://a:1,b:2", ["redis://a:1", "redis://b:2"]),
        ("redis+cluster://a:1,[::1]:2/", ["redis://a:1/", "redis://[::1]:2/"]),
        ("rediss+cluster://me:x,y@a:1,b:2/0?ssl_ca_certs=ca.pem", None),
        ("rediss+cluster://me:x%2Cy@a,b?health=1", ["rediss://me:x%2Cy@a?health=1", "rediss://me:x%2Cy@b?health=1"]),
    ],
)
def test_a_cluster_is_written_by_some_of_its_servers(url: str, servers: list[str] | None) -> None:
    address = redis_address(url)
    assert address.cluster
    if servers is not None:
        assert list(address.servers) == servers
    assert len(address.servers) == url.count(",") - url.count("x,y") + 1


@pytest.mark.parametrize("url", ["redis://a:1/3", "rediss://u:p@a", "unix:///run/redis.sock"])
def test_one_server_is_written_as_redis_py_writes_it(url: str) -> None:
    assert redis_address(url).servers == (url,)
    assert not redis_address(url).cluster
    assert isinstance(connect(url), Redis)
    assert isinstance(connect("redis+cluster://a:1"), Cluster)


@pytest.mark.parametrize(
    ("url", "remedy"),
    [
        ("http://a", "write it as redis://"),
        ("redis+cluster:a", "write it as redis://"),
        ("redis+cluster://a:1/2", "a cluster has no databases"),
        ("redis+cluster://a:1,,b:2", "name or port is missing"),
        ("redis+cluster://", "name or port is missing"),
        ("redis://a:secret", "name or port is missing"),
        ("redis://:99999", "name or port is missing"),
        ("unix://relative", "write it as redis://"),
    ],
)
def test_a_wrong_address_is_refused_at_the_start_without_repeating_it(
    url: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEIR_REDIS", url)
    with pytest.raises(SettingsError, match="WEIR_REDIS") as caught:
        load_settings()
    assert remedy in str(caught.value)
    assert "secret" not in str(caught.value)
