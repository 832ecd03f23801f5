"""Reading reference data into a process, and noticing without a restart that somebody changed it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import structlog

from features.errors import ReferenceDataError
from features.reference import Reference, load_reference
from features.reference.load import FILES

log = structlog.get_logger()
_LOOK_S = 1.0
# For each table that may be absent, how to get it.
REMEDIES = {"asn": "weir reference fetch", "tor": "weir reference fetch --tor FILE"}
Signature = tuple[tuple[int, int, int] | None, ...]


def read_reference(folder: Path) -> Reference:
    """All tables; those that are absent are named once, here, never event by event."""
    reference = load_reference(folder)
    _tell_absent(reference)
    # The patterns of user agents are compiled with the first one: now, rather than in the first decision.
    reference.agent("-")
    return reference


class Stoppable(Protocol):
    @property
    def should_stop(self) -> bool: ...


class ReferenceWatch:
    """Compares the files' sizes and times once a second; ``take`` gets the new tables, always whole.

    Tables that cannot be used are reported once, and the running ones stay.
    """

    def __init__(self, folder: Path, running: Reference, take: Callable[[Reference], None]) -> None:
        self._folder = folder
        self._running = running
        self._take = take
        # The first look reads once more: a file may have changed since the running tables were read.
        self._seen = signature(folder)
        self._read: Signature | None = None

    async def run(self, app: Stoppable) -> None:
        """Look until the app stops. Reading happens in a thread: the decisions go on meanwhile."""
        while not app.should_stop:
            await asyncio.sleep(_LOOK_S)
            await asyncio.to_thread(self.look)

    def look(self) -> None:
        """Load anew what changed and then stayed the same for one look: before, it may be half written."""
        now, before = signature(self._folder), self._seen
        self._seen = now
        if now == self._read or now != before:
            return
        self._read = now
        try:
            reference = load_reference(self._folder)
        except ReferenceDataError as error:
            log.error("reference_refused", why=str(error), doing="the running data stays")
            return
        if reference.version == self._running.version:
            return
        if set(reference.absent) - set(self._running.absent):
            _tell_absent(reference)
        self._running = reference
        self._take(reference)
        log.info("reference_loaded", version=reference.version)


def signature(folder: Path) -> Signature:
    """What changes whenever a file of the folder is written or replaced."""
    return tuple(_signature(folder / name) for name in FILES)


def _signature(path: Path) -> tuple[int, int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _tell_absent(reference: Reference) -> None:
    if reference.absent:
        tables = list(reference.absent)
        log.warning("reference_absent", tables=tables, doing="their defaults", remedy=remedy(reference))


def remedy(reference: Reference) -> str:
    """The commands that bring what is absent."""
    return "; ".join(REMEDIES[name] for name in reference.absent)
