"""The worker process: everything that decides, put together."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Mapping
from functools import partial

import faust
import structlog
from confluent_kafka import KafkaException

from features.catalogue import catalogues
from features.errors import StoreUnavailable
from features.kinds import load_kinds
from features.store.redis import RedisStore
from streams import collector, metrics
from streams.agents.decide import Decider
from streams.agents.patience import StoreHealth
from streams.agents.quiet import QuietPartitions
from streams.app import EXIT_UNEXPECTED, Progress, build_app, end_process, group_of
from streams.bundles.ship import announce_shipped
from streams.control import ControlReader
from streams.forgotten import Forgotten
from streams.http import StatusServer
from streams.in_force import InForceBook
from streams.kafka import admin_client, topic_ids, wait_for_topics
from streams.reference.watch import ReferenceWatch
from streams.settings import Settings
from streams.sinks.publish import Publisher
from streams.standing import Standing
from streams.store import redis_store
from streams.topics import OWN

log = structlog.get_logger()
_WATCH_S = 1.0
# One round can take as long as a ping and a follow to a store that does not answer.
_LIVE_S = 30.0
_IDS_EVERY_S = 30.0


def run_worker(settings: Settings) -> None:
    """Decide until SIGTERM or SIGINT; ends the process itself on an unexpected error (exit code 70)."""
    watches: list[_Watch] = []
    # Served from the start: a worker that waits for Kafka is alive, and not ready.
    status = StatusServer(
        settings.http_host,
        settings.worker_port,
        lambda: bool(watches) and watches[0].ready(),
        lambda: not watches or watches[0].live(),
    )
    known = catalogues(list(load_kinds(settings.kinds_folders).values()))
    book = InForceBook(settings, known)
    ids = wait_for_topics(settings, [*known, *OWN])
    forgotten, standing = Forgotten(settings.retention_hours), Standing()

    def on_control(key: str, value: bytes | None) -> None:
        standing.on_control(key, value)
        forgotten.on_control(key, value)
        book.on_control(key, value)

    control = ControlReader(settings, on_control)
    control.read_to_end()
    unknown = book.settle()
    control.follow()
    announce_shipped(settings, unknown.values())
    publisher = Publisher(settings, f"{settings.namespace}-worker")
    store, health = redis_store(settings), StoreHealth()
    deciders = {
        kind: Decider(
            settings,
            catalogue,
            store,
            publisher.publish,
            partial(book.now, kind),
            health,
            forgotten,
            standing,
            book.models.kinds[kind],
        )
        for kind, catalogue in known.items()
    }
    progress = Progress()
    handlers = {kind: decider.decide for kind, decider in deciders.items()}
    app = build_app(settings, handlers, ids, lambda kind, gone: deciders[kind].detach(gone), progress)
    watch = _Watch(settings, app, deciders, progress, control, publisher, store, health, ids)
    watches.append(watch)
    app.task(watch.run)
    fresh = ReferenceWatch(settings.reference_folder, book.reference, book.take_reference)
    app.task(fresh.run)
    collector.settle()
    log.info("worker_started", kinds=sorted(known), port=status.port)
    worker = faust.Worker(
        app,
        loglevel=settings.log_level,
        override_logging=False,
        redirect_stdouts=False,
        quiet=True,
        # The engine's spinner and banner are for people at a terminal who started Faust itself.
        stdout=io.StringIO(),
    )
    try:
        worker.execute_from_commandline()
    except SystemExit as ended:
        # The engine's own crashes have said why; like any unexpected error they end with 70.
        if ended.code not in (0, None):
            raise SystemExit(EXIT_UNEXPECTED) from None
    finally:
        status.close()
        control.stop()
        publisher.close()
        log.info("worker_stopped")


class _Watch:
    """Once a second: moves the marks on, measures lag, and ends a process that has stopped deciding."""

    def __init__(
        self,
        settings: Settings,
        app: faust.App,
        deciders: Mapping[str, Decider],
        progress: Progress,
        control: ControlReader,
        publisher: Publisher,
        store: RedisStore,
        health: StoreHealth,
        ids: Mapping[str, str],
    ) -> None:
        self._settings = settings
        self._app = app
        self._deciders = deciders
        self._progress = progress
        self._control = control
        self._publisher = publisher
        self._store = store
        self._health = health
        self._topic_ids = {name: ids[name] for name in (settings.topic(kind) for kind in deciders)}
        by_topic = {settings.topic(kind): decider for kind, decider in deciders.items()}
        self._quiet = QuietPartitions(settings, group_of(settings), self._topic_ids, by_topic)
        self._catching_up: asyncio.Task[None] | None = None
        self._ids_asked_s = time.monotonic()
        self._admin = admin_client(settings)
        self._assigned = False
        self._beat_s = time.monotonic()

    async def run(self) -> None:
        while not self._app.should_stop:
            await asyncio.sleep(_WATCH_S)
            self._beat_s = time.monotonic()
            if self._control.failure is not None:
                end_process(self._control.failure)
            self._assigned = bool(self._app.consumer.assignment())
            self._look(self._progress.waiting(self._app))
            await self._ask_store()
            if not self._health.away:
                await asyncio.gather(*(decider.follow() for decider in self._deciders.values() if not decider.busy))
                self._catch_up()
            await self._compare_topics()
        self._quiet.close()

    def _catch_up(self) -> None:
        """Beside the beat: to read a stretch of the log again can take long."""
        if self._catching_up is not None:
            if not self._catching_up.done():
                return
            failure = self._catching_up.exception()
            if failure is not None:
                end_process(failure)
        assigned = [(tp.topic, tp.partition) for tp in self._app.consumer.assignment()]
        self._catching_up = asyncio.create_task(self._quiet.catch_up(assigned))

    def _look(self, waiting: Mapping[str, int]) -> None:
        for kind, decider in self._deciders.items():
            metrics.LAG.labels(kind).set(waiting.get(self._settings.topic(kind), 0))
            self._progress.last_s = max(self._progress.last_s, decider.patience.alive_s)
        if self._health.away or self._publisher.away:
            # Waiting for a store or a Kafka that is away is not being stuck.
            self._progress.last_s = time.monotonic()
        if not any(waiting.values()) or not self._assigned:
            self._progress.last_s = time.monotonic()
        elif time.monotonic() - self._progress.last_s > self._settings.stuck_s:
            end_process(TimeoutError(f"events wait, and none was decided for {self._settings.stuck_s} s"))

    async def _ask_store(self) -> None:
        """An idle worker, too, says that its store is away."""
        try:
            await self._store.ping()
        except StoreUnavailable as error:
            self._health.gone(error)
        else:
            self._health.back()

    async def _compare_topics(self) -> None:
        """A topic that was made anew begins at offset 0, below marks that speak of the old one: start again."""
        if time.monotonic() - self._ids_asked_s < _IDS_EVERY_S:
            return
        self._ids_asked_s = time.monotonic()
        try:
            now = await asyncio.to_thread(topic_ids, self._admin, list(self._topic_ids))
        except (KafkaException, TimeoutError):
            # Kafka is away, or the topic is being made: the next time will tell.
            return
        if now != self._topic_ids:
            end_process(RuntimeError("an event topic was made anew"))

    def ready(self) -> bool:
        """Assigned and deciding: not waiting for the store."""
        return self.live() and self._assigned and not self._health.away

    def live(self) -> bool:
        """The event loop still turns."""
        return time.monotonic() - self._beat_s < _LIVE_S
