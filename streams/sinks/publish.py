"""Publishing with awaited delivery: a micro-batch's records are out when ``publish`` returns."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from streams.kafka import producer_config
from streams.settings import Settings


@dataclass(frozen=True, slots=True)
class Outgoing:
    topic: str
    key: bytes | None
    value: bytes
    headers: Sequence[tuple[str, bytes]] = field(default_factory=list)


class Publisher:
    """An idempotent producer whose delivery reports arrive in a thread of its own."""

    def __init__(self, settings: Settings, client: str) -> None:
        config = producer_config(settings, client)
        self._say = config["error_cb"]
        self._producer = Producer(config | {"error_cb": self._on_error})
        # True while no broker answers: waiting for Kafka is not being stuck.
        self.away = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="publisher", daemon=True)
        self._thread.start()

    async def publish(self, records: Sequence[Outgoing]) -> None:
        """Send in order and wait until the brokers have acknowledged all; raises KafkaException."""
        if not records:
            return
        batch = _Batch(len(records), asyncio.get_running_loop())
        for record in records:
            while True:
                try:
                    self._producer.produce(
                        record.topic, record.value, record.key, headers=[*record.headers], on_delivery=batch.delivered
                    )
                    break
                except BufferError:
                    # The local queue is full: Kafka is slower than we are, or away. Nothing is dropped.
                    await asyncio.sleep(0.05)
        await batch.done
        self.away = False

    def _on_error(self, error: KafkaError) -> None:
        self.away = self.away or error.code() == KafkaError._ALL_BROKERS_DOWN
        self._say(error)

    def close(self) -> None:
        self._stop.set()
        self._thread.join(timeout=10)

    def _poll(self) -> None:
        while not self._stop.is_set():
            self._producer.poll(0.1)


class _Batch:
    """Counts delivery reports; ``done`` is set by the last one, or by the first failure."""

    def __init__(self, size: int, loop: asyncio.AbstractEventLoop) -> None:
        self._left = size
        self._loop = loop
        self.done: asyncio.Future[None] = loop.create_future()

    def delivered(self, error: KafkaError | None, _message: Message) -> None:
        self._left -= 1
        if error is not None:
            self._loop.call_soon_threadsafe(self._fail, KafkaException(error))
        elif self._left == 0:
            self._loop.call_soon_threadsafe(self._succeed)

    def _fail(self, error: KafkaException) -> None:
        if not self.done.done():
            self.done.set_exception(error)

    def _succeed(self) -> None:
        if not self.done.done():
            self.done.set_result(None)
