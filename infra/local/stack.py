"""The services together: start what is not running, say what is, and end what was started here."""

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from infra.local import folders, machine, process
from infra.local.draft import locked
from infra.local.elasticsearch import Elasticsearch
from infra.local.errors import ServicesError, said_plainly
from infra.local.kafka import Kafka
from infra.local.redis import Redis
from infra.local.service import Service
from infra.local.settings import LocalSettings, setting

POLL_S = 0.1
NAMES = (Kafka.name, Redis.name, Elasticsearch.name)


@dataclass(frozen=True)
class Status:
    """One service as it is now. `state` is running (answers), starting (does not yet) or stopped."""

    name: str
    state: str
    pid: int | None
    address: str
    version: str
    log: Path


class Stack:
    """Every method takes names of services; none means all."""

    def __init__(self, settings: LocalSettings, say: Callable[[str], None] = lambda _line: None) -> None:
        self.settings = settings
        self._say = say
        self._services: tuple[Service, ...] = (Kafka(settings), Redis(settings), Elasticsearch(settings))

    def problem(self, *names: str) -> str | None:
        """Why this machine cannot run the services, in a line; None if nothing speaks against it."""
        if sys.platform != "linux":
            return "the services without containers run on Linux only"
        reasons = (service.problem() for service in self._chosen(names))
        return next((reason for reason in reasons if reason), None)

    def up(self, *names: str) -> dict[str, str]:
        """Start what is not running, wait until all answer, and return their addresses as `env` does.

        If one fails, those that this call started are ended again. Raises ServicesError.
        """
        with said_plainly(), locked(self.settings.data):
            chosen = self._chosen(names)
            missing = [service for service in chosen if self._record(service) is None]
            if missing:
                if reason := self.problem(*(service.name for service in missing)):
                    raise ServicesError(reason)
                machine.check_ports(missing)
                machine.check_space(self.settings)
            self._start(chosen, missing)
            return self.env(*names)

    def down(self, *names: str, purge: bool = False) -> list[str]:
        """End what `up` started, all at once, and return the names of those that were running."""
        with said_plainly():
            chosen = self._chosen(names)
            if not any(service.folder.exists() for service in chosen):
                return []
            with locked(self.settings.data), ThreadPoolExecutor() as pool:
                ended = list(pool.map(lambda service: process.stop(service.folder), chosen))
                if purge:
                    for service in chosen:
                        folders.purge(service.folder)
            if purge:
                self._remove_empty()
            return [service.name for service, was_running in zip(chosen, ended, strict=True) if was_running]

    def kill(self, name: str) -> None:
        """End a service without asking it, as a crash would. Its data stays: `up` starts it again."""
        with said_plainly():
            (service,) = self._chosen([name])
            process.kill(service.folder)

    def status(self, *names: str) -> list[Status]:
        """How each service is, now."""
        return [self._status(service) for service in self._chosen(names)]

    def env(self, *names: str) -> dict[str, str]:
        """The addresses of the running services under the names by which Weir's settings know them."""
        found: dict[str, str] = {}
        for service in self._chosen(names):
            record = self._record(service)
            if record is None:
                raise ServicesError(f"{service.name} is not running: weir services up")
            found[service.variable] = record.address
        return found

    def logs(self, name: str, lines: int) -> tuple[Path, list[str]]:
        """A service's log file and its last lines."""
        (service,) = self._chosen([name])
        return service.log, folders.tail(service.log, lines)

    def _chosen(self, names: Sequence[str]) -> tuple[Service, ...]:
        return tuple(service for service in self._services if not names or service.name in names)

    def _record(self, service: Service) -> process.Record | None:
        record = process.load(service.folder)
        return record if record and process.leader_lives(record, service.folder) else None

    def _status(self, service: Service) -> Status:
        record = self._record(service)
        if record is None:
            return Status(service.name, "stopped", None, service.address, "", service.log)
        state = "running" if service.ready(record.address) else "starting"
        return Status(service.name, state, record.pid, record.address, record.version, service.log)

    def _start(self, chosen: Sequence[Service], missing: Sequence[Service]) -> None:
        cancelled = threading.Event()

        def bring(service: Service) -> None:
            try:
                if service in missing:
                    self._launch(service, cancelled)
                self._await(service, cancelled)
            except BaseException:
                cancelled.set()
                raise

        with ThreadPoolExecutor() as pool:
            futures = [pool.submit(bring, service) for service in chosen]
            try:
                wait(futures)
                failures = [error for future in futures if (error := future.exception())]
                # The one that failed by itself explains more than those that were called off because of it.
                for error in sorted(failures, key=lambda error: isinstance(error, _Cancelled)):
                    raise error
            except BaseException:
                cancelled.set()
                pool.shutdown()
                for service in missing:
                    process.stop(service.folder)
                raise

    def _launch(self, service: Service, cancelled: threading.Event) -> None:
        service.fetch()
        if cancelled.is_set():
            raise _Cancelled(service.name)
        folders.claim(service.folder)
        # A leader that died alone may have left something that still holds the port or the data.
        process.stop(service.folder)
        launch = service.prepare()
        process.launch(
            launch.command,
            service=service.name,
            version=service.version(),
            address=service.address,
            folder=service.folder,
            log=service.log,
            env=launch.env,
            account=launch.account,
        )

    def _await(self, service: Service, cancelled: threading.Event) -> None:
        started_s = time.monotonic()
        while True:
            record = self._record(service)
            if record is None:
                raise ServicesError(f"{service.name} ended while starting: {self._last_words(service)}")
            if service.ready(record.address):
                self._say(f"{service.name} {record.version} is ready at {record.address}")
                return
            if cancelled.wait(POLL_S):
                raise _Cancelled(service.name)
            if time.monotonic() - started_s > self.settings.start_timeout_s:
                raise ServicesError(
                    f"{service.name} does not answer after {self.settings.start_timeout_s:.0f} s "
                    f"({setting('start_timeout_s')}): {self._last_words(service)}"
                )

    def _last_words(self, service: Service) -> str:
        lines = [line.strip() for line in folders.tail(service.log, 60) if line.strip()]
        telling = [line for line in lines if "ERROR" in line or "FATAL" in line] or lines[-1:]
        return f"{telling[0] if telling else 'it said nothing'} (log: {service.log})"

    def _remove_empty(self) -> None:
        (self.settings.data / ".lock").unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            os.rmdir(self.settings.data)


class _Cancelled(ServicesError):
    """A service was called off because another one failed."""
