"""The one seam to the stream engine: Faust brings records in micro-batches, and is told when they are done.

Faust acknowledges events in a ``finally`` unless a stream is ``noack``; then nothing is acknowledged but what we
acknowledge here, after the handler has returned. An error in a handler ends the process: events that were not
acknowledged come again.
"""

from __future__ import annotations

import asyncio
import os
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NoReturn

import faust
import structlog

from streams.record import Record
from streams.settings import Settings
from streams.wire import RecordRef

log = structlog.get_logger()
# What comes back is done and may be acknowledged; what does not, the engine delivers once more.
Handler = Callable[[Sequence[Record]], Awaitable[Sequence[Record]]]
OnMoved = Callable[[str, Sequence[int]], None]

EXIT_UNEXPECTED = 70
_BUFFER = 32_768


class Progress:
    """What was acknowledged, and when last: the ground for lag and for the watchdog."""

    def __init__(self) -> None:
        self.done: dict[tuple[str, int], int] = {}
        self.last_s = time.monotonic()

    def begin(self, events: Sequence[Any]) -> None:
        """A micro-batch is in hand: of a new partition, everything from its first record on waits."""
        for event in events:
            message = event.message
            self.done.setdefault((message.topic, message.partition), message.offset)

    def forget(self, topic: str, partition: int) -> None:
        self.done.pop((topic, partition), None)

    def acknowledge(self, events: Sequence[Any], records: Sequence[Record]) -> None:
        places = {(record.where.topic, record.where.partition, record.where.offset) for record in records}
        for event in events:
            message = event.message
            if (message.topic, message.partition, message.offset) not in places:
                continue
            event.ack()
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


def group_of(settings: Settings) -> str:
    """The consumer group of all workers."""
    return f"{settings.namespace}-decide"


def build_app(
    settings: Settings,
    handlers: Mapping[str, Handler],
    topic_ids: Mapping[str, str],
    on_moved: OnMoved,
    progress: Progress,
) -> faust.App:
    """A Faust app with one agent a kind. ``handlers``: by kind; ``topic_ids``: Kafka's ids by topic name.

    ``on_moved`` is told, by kind, of partitions that are taken from this worker, and of those that it is given.
    """
    app = faust.App(
        group_of(settings),
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
        app.agent(topic, name=f"decide-{kind}", concurrency=1)(
            _agent(app, settings, handler, topic_ids[name], progress)
        )

    async def moved(_sender: Any, partitions: Any, **_: Any) -> None:
        for partition in partitions:
            if partition.topic in names:
                progress.forget(partition.topic, partition.partition)
                on_moved(names[partition.topic], [partition.partition])

    app.on_partitions_revoked.connect(moved, weak=False)
    app.on_partitions_assigned.connect(moved, weak=False)

    return app


def _agent(
    app: faust.App, settings: Settings, handler: Handler, topic_id: str, progress: Progress
) -> Callable[[Any], Awaitable[None]]:
    async def agent(stream: Any) -> None:
        quiet = stream.noack()
        async for taken in quiet.noack_take(settings.batch_size, within=settings.batch_within_ms / 1000):
            # The engine can hold a record of a partition that went to another worker: it decides that one.
            mine = {(partition.topic, partition.partition) for partition in app.consumer.assignment()}
            events = [event for event in taken if (event.message.topic, event.message.partition) in mine]
            progress.begin(events)
            work = asyncio.ensure_future(_work(handler, [_record(event, topic_id) for event in events]))
            try:
                # A shutdown lets the micro-batch in hand finish, so that it need not be decided again.
                records = await asyncio.shield(work)
            except asyncio.CancelledError:
                await asyncio.wait([work], timeout=10)
                if work.done():
                    progress.acknowledge(events, work.result())
                raise
            progress.acknowledge(events, records)

    return agent


async def _work(handler: Handler, records: Sequence[Record]) -> Sequence[Record]:
    try:
        return await handler(records)
    except Exception as error:  # noqa: BLE001 - whatever it is, the only safe answer is to start again
        end_process(error)


def _record(event: Any, topic_id: str) -> Record:
    message = event.message
    append_ms = round(message.timestamp * 1000)
    where = RecordRef(message.topic, topic_id, message.partition, message.offset, append_ms)
    return Record(message.key, message.value, where)


def end_process(error: BaseException) -> NoReturn:
    """End at once, without acknowledging anything: the supervisor starts the process again."""
    # The traceback's last line is the error's text, which a kind's or model's own code may have filled with anything.
    trace = "".join(traceback.format_tb(error.__traceback__))
    log.critical("unexpected_error", error=type(error).__name__, trace=trace, exit=EXIT_UNEXPECTED)
    os._exit(EXIT_UNEXPECTED)
