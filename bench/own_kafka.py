"""A Kafka of the benchmark's own: on free ports of loopback, in a folder that is deleted afterwards."""

from __future__ import annotations

import random
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from infra.local.settings import LocalSettings
from infra.local.stack import Stack


@contextmanager
def own_kafka() -> Iterator[str]:
    """The address of a running broker, which also ends where this process is told to (SIGTERM becomes SystemExit)."""
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as folder:
        port, controller = _free_ports()
        settings = LocalSettings(data=Path(folder), kafka_port=port, kafka_controller_port=controller)
        stack = Stack(settings)
        before = signal.signal(signal.SIGTERM, _leave)
        try:
            yield stack.up("kafka")["WEIR_KAFKA"]
        finally:
            # Told twice, it still awaits the broker's end.
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            stack.down("kafka", purge=True)
            signal.signal(signal.SIGTERM, before)


def _free_ports() -> tuple[int, int]:
    """Below those that the kernel gives to outgoing connections."""
    ports: list[int] = []
    while len(ports) < 2:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            ports += [port] if port not in ports else []
    return ports[0], ports[1]


def _leave(number: int, _frame: Any) -> None:
    sys.exit(128 + number)
