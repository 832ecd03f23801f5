"""A benchmark that is told to end takes its server with it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import redis

BENCH = Path(__file__).parents[2] / "bench"
PROGRAM = """
import time
from own_redis import own_redis

with own_redis() as port:
    print(port, flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_its_server_ends_when_the_benchmark_is_told_to(told: signal.Signals) -> None:
    words = [sys.executable, "-c", PROGRAM]
    with subprocess.Popen(words, cwd=BENCH, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as bench:
        assert bench.stdout is not None
        client = redis.Redis(port=int(bench.stdout.readline()))
        assert client.ping()
        bench.send_signal(told)
        bench.wait(20)
        assert told is not signal.SIGTERM or bench.returncode == 143
    client.close()
    with pytest.raises(redis.ConnectionError):
        client.ping()
