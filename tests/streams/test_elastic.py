"""Making the Elasticsearch client, and waiting for a server that is away."""

from __future__ import annotations

import threading

import pytest
from structlog.testing import capture_logs

from streams.elastic import make_client, wait_until_ready
from streams.settings import Settings, SettingsError


@pytest.mark.parametrize("urls", ["", "nonsense", "u:secret@host:9200", "http://u:secret@host"])
def test_a_setting_that_is_no_url_is_named_without_its_value(urls: str) -> None:
    with pytest.raises(SettingsError, match="elasticsearch") as refusal:
        make_client(Settings(elasticsearch=urls))
    assert "secret" not in str(refusal.value)


def test_several_nodes_are_known() -> None:
    client = make_client(Settings(elasticsearch="http://a:9200, http://b:9200"))
    assert len(client.transport.node_pool) == 2


def test_a_server_that_is_away_is_said_once_and_waited_for_until_it_is_time_to_stop() -> None:
    stop = threading.Event()
    threading.Timer(2.5, stop.set).start()
    with capture_logs() as logs:
        assert not wait_until_ready(make_client(Settings(elasticsearch="http://127.0.0.1:1")), stop)
    assert [line["event"] for line in logs] == ["elasticsearch_away"]
