"""``weir worker``, ``weir learner``, ``weir indexer``, ``weir enforcer``: the processes that run day and night."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable

import click
import structlog

from features.errors import WeirError
from streams.app import end_process
from streams.http import StatusServer
from streams.kafka import Stopped
from streams.logs import configure_logs
from streams.settings import Settings, SettingsError, load_settings

log = structlog.get_logger()
_PATIENCE_S = 25.0
Run = Callable[[Settings, threading.Event, Callable[[], None]], None]


@click.command()
def worker() -> None:
    """Decide: events in, verdicts out. Start as many as there are partitions."""
    from streams.worker import run_worker

    settings = load_settings()
    configure_logs(settings, "worker")

    def told_to_end(*_: object) -> None:
        log.info("worker_stopped_waiting")
        sys.exit(0)

    # While it waits for Kafka; the engine puts its own handlers in place of these.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, told_to_end)
    run_worker(settings)


@click.command()
def learner() -> None:
    """Learn from labels, and send checkpoints to the workers. One is enough; a second one fences the first."""
    from features.catalogue import catalogues
    from features.kinds import load_kinds
    from streams.agents.learn import Learn

    def run(settings: Settings, stop: threading.Event, on_ready: Callable[[], None]) -> None:
        known = catalogues(list(load_kinds(settings.kinds_folders).values()))
        Learn(settings, known, stop).run(on_ready)

    settings = load_settings()
    _run("learner", settings, settings.learner_port, run)


@click.command()
def indexer() -> None:
    """Index verdicts into Elasticsearch."""
    from streams.sinks.index import run_indexer

    settings = load_settings()
    _run("indexer", settings, settings.indexer_port, run_indexer)


@click.command()
def enforcer() -> None:
    """Keep the topic of what is enforced at present. One is enough; a second one fences the first."""
    from streams.enforcement.run import run_enforcer

    settings = load_settings()
    _run("enforcer", settings, settings.enforcer_port, run_enforcer)


def _run(process: str, settings: Settings, port: int, run: Run) -> None:
    """Run until SIGTERM or SIGINT; an unexpected error ends the process with 70."""
    configure_logs(settings, process)
    stop, ready = threading.Event(), threading.Event()

    def told_to_end(*_: object) -> None:
        stop.set()
        # What waits for a Kafka that is away cannot finish. Ending like this loses nothing: it is what a crash does.
        threading.Timer(_PATIENCE_S, os._exit, (1,)).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, told_to_end)
    status = StatusServer(settings.http_host, port, lambda: ready.is_set() and not stop.is_set())
    log.info(f"{process}_started", port=status.port)
    try:
        run(settings, stop, ready.set)
    except Stopped:
        log.info(f"{process}_stopped_waiting")
    except (SettingsError, WeirError):
        status.close()
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the only safe answer is to start again
        end_process(error)
    status.close()
    log.info(f"{process}_stopped")
    sys.stderr.flush()
    os._exit(0)
