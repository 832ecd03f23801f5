"""The index sink: every verdict of the log becomes one document, however often it is repeated or retried."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import structlog
from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch

from features.errors import InvalidEvent
from features.kind import Kind
from features.kinds import load_kinds
from streams import metrics
from streams.elastic import make_client, reason_to_wait, wait_until_ready
from streams.settings import Settings
from streams.sinks import bulk
from streams.sinks.dead_letters import DeadLetters
from streams.sinks.document import Document, Documents
from streams.sinks.intake import Intake, Taken
from streams.sinks.template import install
from streams.topics import VERDICTS

_log = structlog.get_logger(__name__)

_FIRST_WAIT_S = 0.25
_LONGEST_WAIT_S = 10.0
_LAG_EVERY_S = 5.0


def run_indexer(settings: Settings, stop: threading.Event, on_ready: Callable[[], None]) -> None:
    """Index until ``stop`` is set; what was read but not yet indexed then is read again by the next one.

    ``on_ready`` is called once, when the template is in place and Kafka has assigned partitions.
    """
    kinds = load_kinds(settings.kinds_folders)
    client = make_client(settings)
    try:
        if not wait_until_ready(client, stop):
            return
        install(client, settings, kinds)
        intake = Intake(settings, VERDICTS, f"{settings.namespace}-indexer", stop, on_ready)
        try:
            _Indexer(settings, kinds, client, intake).run(stop)
        finally:
            intake.close()
    finally:
        client.close()


class _Pending(NamedTuple):
    document: Document
    record: Taken


Refused = tuple[Taken, InvalidEvent]


class _Indexer:
    """Holds on to a batch until all of it is in, and remembers whether Elasticsearch is in trouble."""

    def __init__(self, settings: Settings, kinds: Mapping[str, Kind], client: Elasticsearch, intake: Intake) -> None:
        self._settings = settings
        self._kinds = kinds
        self._client = client
        self._intake = intake
        self._documents = Documents(settings.namespace, kinds)
        self._dead_letters = DeadLetters(settings, VERDICTS)
        self._lost_sight = False
        self._trouble_since: float | None = None
        self._lag_at = 0.0

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            records = self._intake.read(self._settings.index_batch)
            if records and self._index(records):
                self._intake.done(records)
            elif not records:
                self._intake.commit()
                self._recovered()
            self._measure_lag()

    def _index(self, records: Sequence[Taken]) -> bool:
        """Whether every record is dealt with; False if it was time to stop before."""
        pending, refused = self._decode(records)
        backoff_s = _FIRST_WAIT_S
        waited = False
        while pending:
            pending, reason = self._attempt(pending, refused)
            if reason is None:
                break
            waited = True
            self._troubled(reason, len(pending))
            self._measure_lag()
            metrics.INDEX_RETRIES.inc()
            if not self._intake.wait(backoff_s * random.uniform(0.5, 1.0)):
                return False
            backoff_s = min(_LONGEST_WAIT_S, backoff_s * 2)
        if refused:
            metrics.INDEXED.labels("refused").inc(len(refused))
            if not self._dead_letters.send(refused, self._intake.wait):
                return False
        self._intake.go_on()
        if not waited:
            self._recovered()
        return True

    def _decode(self, records: Sequence[Taken]) -> tuple[list[_Pending], list[Refused]]:
        """The documents of a batch. Of those with one id only the log's first counts, also when it is retried."""
        pending: dict[tuple[str, str], _Pending] = {}
        refused: list[Refused] = []
        for record in records:
            try:
                document = self._documents.build(record.value, record.headers, record.time_ms)
            except InvalidEvent as error:
                refused.append((record, error))
                continue
            name = (document.index_name, document.id)
            if pending.setdefault(name, _Pending(document, record)).record is not record:
                metrics.INDEXED.labels("repeated").inc()
        return list(pending.values()), refused

    def _attempt(self, pending: list[_Pending], refused: list[Refused]) -> tuple[list[_Pending], str | None]:
        """Those that are not in yet, and why; refused ones are added to ``refused``."""
        if self._lost_sight:
            # It may have come back empty, and without our template it would guess the types.
            try:
                install(self._client, self._settings, self._kinds)
            except (ApiError, TransportError) as error:
                reason = reason_to_wait(error)
                if reason is None:
                    raise
                return pending, reason
        answers, reached = bulk.write(self._client, [entry.document for entry in pending])
        self._lost_sight = not reached
        left = []
        reason = None
        for entry, answer in zip(pending, answers, strict=True):
            if answer.wait is not None:
                reason = reason or answer.wait
                left.append(entry)
            elif answer.refused is not None:
                refused.append((entry.record, answer.refused))
            else:
                metrics.INDEXED.labels("created" if answer.created else "repeated").inc()
        return left, reason

    def _troubled(self, reason: str, waiting: int) -> None:
        if self._trouble_since is None:
            self._trouble_since = time.monotonic()
            _log.warning("indexing_waits", reason=reason, documents=waiting, doing="retrying with backoff")

    def _recovered(self) -> None:
        """A batch went in at the first attempt, or there is nothing to do: the trouble is over."""
        if self._trouble_since is not None:
            _log.info("indexing_recovered", after_s=round(time.monotonic() - self._trouble_since, 1))
            self._trouble_since = None

    def _measure_lag(self) -> None:
        now = time.monotonic()
        if now - self._lag_at < _LAG_EVERY_S:
            return
        self._lag_at = now
        lag = self._intake.lag()
        if lag is not None:
            metrics.INDEX_LAG.set(lag)
