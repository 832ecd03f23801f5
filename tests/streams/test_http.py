"""What a process tells on HTTP: /live, /ready and /metrics, on loopback."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from streams import metrics
from streams.http import StatusServer
from streams.settings import SettingsError


@dataclass
class State:
    ready: bool = True
    live: bool = True


@pytest.fixture
def state() -> State:
    return State()


@pytest.fixture
def server(state: State) -> Iterator[StatusServer]:
    made = StatusServer("127.0.0.1", 0, lambda: state.ready, lambda: state.live)
    yield made
    made.close()


def get(server: StatusServer, path: str) -> tuple[int, str, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=5) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read().decode()


def test_ready_and_live_are_asked_at_each_request(server: StatusServer, state: State) -> None:
    assert get(server, "/ready")[::2] == (200, "yes\n")
    state.ready = False
    assert get(server, "/ready")[::2] == (503, "no\n")
    assert get(server, "/live")[::2] == (200, "yes\n")
    state.live = False
    assert get(server, "/live?verbose=1")[::2] == (503, "no\n")


def test_metrics_are_in_the_text_format_of_prometheus(server: StatusServer) -> None:
    metrics.EVENTS.labels("test_http").inc(3)
    status, content_type, text = get(server, "/metrics")
    assert (status, content_type.partition(";")[0]) == (200, "text/plain")
    assert 'weir_events_total{kind="test_http"} 3.0' in text.splitlines()


def test_any_other_path_is_told_which_there_are(server: StatusServer) -> None:
    status, _, text = get(server, "/")
    assert status == 404
    assert "/metrics" in text


def test_a_taken_port_is_told_with_its_remedy(server: StatusServer) -> None:
    with pytest.raises(SettingsError, match=f"127.0.0.1:{server.port} cannot be served.*WEIR_WORKER_PORT"):
        StatusServer("127.0.0.1", server.port, lambda: True)


def test_a_host_that_is_not_this_machines_is_told() -> None:
    with pytest.raises(SettingsError, match="cannot be served"):
        StatusServer("192.0.2.1", 0, lambda: True)


def test_it_listens_on_the_given_address_only(server: StatusServer) -> None:
    assert server._server.server_address[0] == "127.0.0.1"


def test_a_closed_server_answers_no_more(state: State) -> None:
    made = StatusServer("127.0.0.1", 0, lambda: state.ready)
    made.close()
    with pytest.raises(urllib.error.URLError):
        get(made, "/live")
