"""Events on their way through a micro-batch: from records to what is judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from features.aggregations.state import LATE, REBUILDING, REPEATED
from features.catalogue import Catalogue, flags_of
from features.entity import digest
from features.errors import InvalidEvent
from features.event import Event, EventDecoder
from features.prepared import Prepared
from features.reference import Reference
from features.store.contract import Claimed, ClaimState, Observed
from models.facts import Facts
from models.judge import Case
from streams import metrics
from streams.record import Record
from streams.settings import Settings
from streams.sinks.publish import Outgoing
from streams.topics import DEAD_LETTERS
from streams.wire import encode_dead_letter

_UNCLAIMED = Claimed(ClaimState.NEW)
_FLAGS = ((LATE, "late"), (REPEATED, "reread"), (REBUILDING, "refill"))


@dataclass(slots=True)
class Opened:
    """An event of a micro-batch. ``observed``: empty until the store has seen it; ``digest``: its partition key's.

    ``verdict`` is filled by keep, or by an earlier keep.
    """

    record: Record
    event: Event
    prepared: Prepared
    digest: bytes
    claimed: Claimed
    observed: Observed
    verdict: bytes | None = None


class Door:
    """Where the records of one kind become events, or dead letters."""

    def __init__(self, settings: Settings, catalogue: Catalogue) -> None:
        self.decoder = EventDecoder(catalogue.kind, settings.max_record_bytes, settings.max_future_s)
        self._catalogue = catalogue
        self._kind = catalogue.kind.name
        self._dead_letters = settings.topic(DEAD_LETTERS)

    def open(self, records: Sequence[Record], reference: Reference) -> tuple[list[Opened], list[Outgoing]]:
        opened: list[Opened] = []
        refused: list[Outgoing] = []
        unknown = self.decoder.unknown_fields
        for record in records:
            try:
                event = self.decoder.decode(record.value, record.where.append_ms)
            except InvalidEvent as error:
                metrics.DEAD_LETTERS.labels(self._kind, error.reason).inc()
                refused.append(Outgoing(self._dead_letters, None, encode_dead_letter(record.where, error)))
                continue
            prepared = self._catalogue.prepare(event, reference)
            opened.append(Opened(record, event, prepared, digest(event.partition_key), _UNCLAIMED, ()))
        if self.decoder.unknown_fields > unknown:
            metrics.UNKNOWN_FIELDS.labels(self._kind).inc(self.decoder.unknown_fields - unknown)
        return opened, refused


def case_of(
    one: Opened,
    catalogue: Catalogue,
    entities: Mapping[str, str],
    facts: Facts,
    origin_ms: int | None,
    degraded: Sequence[str],
) -> Case:
    """The case to be judged. ``origin_ms``: where the store's knowledge begins, None if there is none."""
    flags = flags_of(one.observed)
    how = (*degraded, *(word for flag, word in _FLAGS if flags & flag))
    history_s = 0.0 if origin_ms is None else max(0, one.event.time_ms - origin_ms) / 1000
    readings = one.observed or [None] * len(catalogue.sources)
    vector = catalogue.vector(one.event, one.prepared, readings)
    return Case(one.event, entities, vector, facts, history_s, how)
