"""Weir's own processes as the demo runs them: started with given settings, watched, and ended again."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from prometheus_client.parser import text_string_to_metric_families

from features.errors import WeirError

COMMANDS = ("worker", "learner", "indexer")
_READY_S = 90


class DemoError(WeirError):
    """The demo cannot go on: the text says why, and where to look."""


class Processes:
    """One worker, one learner and one indexer; leaving the ``with`` block ends them."""

    def __init__(self, env: Mapping[str, str], logs: Path) -> None:
        self._env = {**os.environ, **env}
        self._logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._ports: dict[str, int] = {}

    def __enter__(self) -> Processes:
        self._logs.mkdir(parents=True, exist_ok=True)
        try:
            for command in COMMANDS:
                self._start(command)
            self._wait_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start(self, command: str) -> None:
        self._ports[command] = _free_port()
        env = {**self._env, f"WEIR_{command.upper()}_PORT": str(self._ports[command]), "WEIR_LOG_FORMAT": "json"}
        with (self._logs / f"{command}.log").open("wb") as log:
            # A session of their own: Ctrl-C is for the demo, which then ends them in order.
            self._running[command] = subprocess.Popen(
                [sys.executable, "-m", "streams", command], env=env, stdout=log, stderr=log, start_new_session=True
            )

    def _wait_ready(self) -> None:
        deadline_s = time.monotonic() + _READY_S
        waiting = set(COMMANDS)
        while waiting:
            self.check()
            waiting = {command for command in waiting if self._get(command, "/ready") is None}
            if time.monotonic() > deadline_s:
                raise DemoError(f"{', '.join(sorted(waiting))} is not ready after {_READY_S} s: see {self._logs}")
            time.sleep(0.2)

    def check(self) -> None:
        """Raise DemoError if one of them has ended."""
        for command, process in self._running.items():
            if process.poll() is not None:
                log = self._logs / f"{command}.log"
                words = log.read_text(errors="replace").strip().splitlines()
                raise DemoError(
                    f"weir {command} ended with {process.returncode}: {words[-1] if words else ''} ({log})"
                )

    def metrics(self, command: str) -> dict[tuple[str, str], float]:
        """The process's samples, by (name, value of the first label)."""
        text = self._get(command, "/metrics")
        found: dict[tuple[str, str], float] = {}
        for family in text_string_to_metric_families(text or ""):
            for sample in family.samples:
                label = next(iter(sample.labels.values()), "")
                found[sample.name, label] = found.get((sample.name, label), 0.0) + sample.value
        return found

    def _get(self, command: str, path: str) -> str | None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._ports[command]}{path}", timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:
            return None

    def stop(self) -> None:
        for process in self._running.values():
            if process.poll() is None:
                process.terminate()
        deadline_s = time.monotonic() + 20
        for process in self._running.values():
            try:
                process.wait(timeout=max(0.1, deadline_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
