"""A Redis of the benchmark's own: on a free port of loopback, without persistence, ended afterwards."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import redis


@dataclass(frozen=True, slots=True)
class Spent:
    """What a server has spent so far: CPU seconds in all, those within functions, and bytes of memory in use."""

    cpu_s: float
    lua_s: float
    memory: int


@contextmanager
def own_redis() -> Iterator[int]:
    """The port of a running server, which also ends where this process is told to (SIGTERM becomes SystemExit)."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    program = shutil.which("redis-server")
    assert program is not None, "redis-server is not on PATH: apt-get install redis-server"
    words = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    before = signal.signal(signal.SIGTERM, _leave)
    process = None
    try:
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
        client = redis.Redis(port=port)
        while True:
            try:
                client.ping()
                break
            except redis.ConnectionError:
                time.sleep(0.01)
        yield port
    finally:
        # Told twice, it still awaits the server's end.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if process is not None:
            process.terminate()
            process.wait()
        signal.signal(signal.SIGTERM, before)


def _leave(number: int, _frame: Any) -> None:
    sys.exit(128 + number)


def spent(client: redis.Redis) -> Spent:
    cpu = client.info("cpu")
    calls = client.info("commandstats").get("cmdstat_fcall", {})
    return Spent(
        float(cpu["used_cpu_user"]) + float(cpu["used_cpu_sys"]),
        calls.get("usec", 0) / 1e6,
        int(client.info("memory")["used_memory"]),
    )
