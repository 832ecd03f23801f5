"""A redis-server for a short while: on loopback, nothing on disk, ended by the one who started it."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import redis

from features.errors import WeirError

_START_S = 20.0


@contextmanager
def scratch_redis() -> Iterator[str]:
    """The address of an empty server; raises WeirError where none can be started."""
    program = shutil.which("redis-server")
    if program is None:
        raise WeirError("redis-server is not on PATH: install it, or name an empty Redis with --redis")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    words = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    # Who is told to end has to end the server too: as if interrupted at the keyboard.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _await(process, port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait()
        signal.signal(signal.SIGTERM, before)


def _await(process: subprocess.Popen[bytes], port: int) -> None:
    until_s = time.monotonic() + _START_S
    with redis.Redis(port=port) as client:
        while True:
            try:
                client.ping()
                return
            except redis.RedisError:
                if process.poll() is not None or time.monotonic() > until_s:
                    raise WeirError("redis-server does not start: name an empty Redis with --redis") from None
                time.sleep(0.02)
