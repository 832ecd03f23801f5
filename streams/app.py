"""The one seam to the stream engine: Faust brings records in micro-batches, and is told when they are done.

Faust acknowledges events in a ``finally`` unless a stream is ``noack``; then nothing is acknowledged but what we
acknowledge here, after the handler has returned. An error in a handler ends the process: events that were not
acknowledged come again.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import faust
import structlog

from streams.record import Record
from streams.settings import Settings
from streams.wire import RecordRef

log = structlog.get_logger()
Handler = Callable[[Sequence[Record]], Awaitable[None]]
OnRevoked = Callable[[str, Sequence[int]], None]

EXIT_UNEXPECTED = 70
_BUFFER = 32_768


class Progress:
    """What was acknowledged, and when last: the ground for lag and for the watchdog."""

    def __init__(self) -> None:
        self.done: dict[tuple[str, int], int] = {}
        self.last_s = time.monotonic()

    def acknowledge(self, events: Sequence[Any]) -> None:
        for event in events:
            event.ack()
            message = event.message
            self.done[message.topic, message.partition] = message.offset + 1
        self.last_s = time.monotonic()

    def waiting(self, app: faust.App) -> dict[str, int]:
        """How many records wait in the log for this worker, by topic."""
        waiting: dict[str, int] = {}
        for partition in app.consumer.assignment():
            high = app.consumer.highwater(partition)
            done = self.done.get((partition.topic, partition.partition))
            if high is not None and done is not None:
                waiting[partition.topic] = waiting.get(partition.topic, 0) + max(0, high - done)
        return waiting


def build_app(
    settings: Settings,
    handlers: Mapping[str, Handler],
    topic_ids: Mapping[str, str],
    on_revoked: OnRevoked,
    progress: Progress,
) -> faust.App:
    """A Faust app with one agent a kind. ``handlers``: by kind; ``topic_ids``: Kafka's ids by topic name."""
    app = faust.App(
        f"{settings.namespace}-decide",
        broker=[f"kafka://{server}" for server in settings.kafka.split(",")],
        # No tables, no leader topic, no web server: Weir keeps state in Redis and serves its own metrics.
        store="memory://",
        topic_disable_leader=True,
        topic_allow_declare=False,
        web_enabled=False,
        consumer_auto_offset_reset="earliest",
        broker_session_timeout=8.0,
        broker_heartbeat_interval=2.0,
        broker_request_timeout=30.0,
        broker_commit_interval=1.0,
        broker_max_poll_records=settings.batch_size * 4,
        consumer_max_fetch_size=4 * 1024 * 1024,
        stream_buffer_maxsize=_BUFFER,
        stream_wait_empty=False,
        # Processing is watched by our own watchdog, which ends the process rather than log.
        stream_processing_timeout=10**9,
        worker_redirect_stdouts=False,
        logging_config=None,
    )
    names = {settings.topic(kind): kind for kind in handlers}
    for kind, handler in handlers.items():
        name = settings.topic(kind)
        topic = app.topic(name, value_type=bytes, key_serializer="raw", value_serializer="raw")
        app.agent(topic, name=f"decide-{kind}", concurrency=1)(_agent(settings, handler, topic_ids[name], progress))

    @app.on_partitions_revoked.connect(weak=False)  # type: ignore[untyped-decorator]
    async def revoked(_sender: Any, partitions: Any, **_: Any) -> None:
        for partition in partitions:
            if partition.topic in names:
                on_revoked(names[partition.topic], [partition.partition])

    return app


def _agent(
    settings: Settings, handler: Handler, topic_id: str, progress: Progress
) -> Callable[[Any], Awaitable[None]]:
    async def agent(stream: Any) -> None:
        quiet = stream.noack()
        async for events in quiet.noack_take(settings.batch_size, within=settings.batch_within_ms / 1000):
            work = asyncio.ensure_future(handler([_record(event, topic_id) for event in events]))
            try:
                # A shutdown lets the micro-batch in hand finish, so that it need not be decided again.
                await asyncio.shield(work)
            except asyncio.CancelledError:
                await asyncio.wait([work], timeout=10)
                if work.done() and work.exception() is None:
                    progress.acknowledge(events)
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, the only safe answer is to start again
                end_process(error)
            progress.acknowledge(events)

    return agent


def _record(event: Any, topic_id: str) -> Record:
    message = event.message
    append_ms = round(message.timestamp * 1000)
    where = RecordRef(message.topic, topic_id, message.partition, message.offset, append_ms)
    return Record(message.key, message.value, where)


def end_process(error: BaseException) -> None:
    """End at once, without acknowledging anything: the supervisor starts the process again."""
    log.critical("unexpected_error", error=type(error).__name__, exc_info=error, exit=EXIT_UNEXPECTED)
    os._exit(EXIT_UNEXPECTED)
