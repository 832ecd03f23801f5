"""What a process tells on HTTP: /metrics for Prometheus, /live and /ready for supervisors."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import REGISTRY
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from streams.settings import SettingsError


class StatusServer:
    """Serves in a thread. ``ready`` and ``live`` are asked at each request; port 0 means any free one."""

    def __init__(
        self, host: str, port: int, ready: Callable[[], bool], live: Callable[[], bool] = lambda: True
    ) -> None:
        try:
            self._server = ThreadingHTTPServer((host, port), _handler(ready, live))
        except OSError as error:
            raise SettingsError(
                f"{host}:{port} cannot be served ({error.strerror}): is another process there? Choose another "
                "port with WEIR_WORKER_PORT, WEIR_LEARNER_PORT, WEIR_INDEXER_PORT or WEIR_ENFORCER_PORT; 0 takes any"
            ) from None
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, name="http", daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(ready: Callable[[], bool], live: Callable[[], bool]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/metrics":
                self._answer(200, generate_latest(REGISTRY), CONTENT_TYPE_LATEST)
            elif path in ("/ready", "/live"):
                good = ready() if path == "/ready" else live()
                self._answer(200 if good else 503, f"{'yes' if good else 'no'}\n".encode(), "text/plain")
            else:
                self._answer(404, b"there are /metrics, /live and /ready\n", "text/plain")

        def _answer(self, status: int, body: bytes, content_type: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Requests are not logged: a probe every few seconds says nothing."""

    return Handler
