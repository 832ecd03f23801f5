"""Refill: giving a store what it lacks, by reading a stretch of the log again. Nothing is published."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Sequence

import structlog
from confluent_kafka import Consumer, KafkaError, TopicPartition

from features.catalogue import Catalogue
from features.entity import digest
from features.errors import InvalidEvent, StoreBehind
from features.event import Event, EventDecoder
from features.prepared import Update
from features.reference import Reference
from features.store.contract import Claim, ClaimState, Observation, Position, Store
from streams import metrics
from streams.agents.forget import Forgetter
from streams.agents.patience import Patience
from streams.kafka import consumer_config, raise_unless_transient, watermark
from streams.record import Record
from streams.settings import Settings
from streams.wire import RecordRef

log = structlog.get_logger()


class Refill:
    """Fills the store from one kind's topic; duplicates are dropped by the same rule as in decide.

    What reference data says of an event is looked up again, in the data that is there now. What was appended before
    an actor was forgotten feeds nothing of his.
    """

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        store: Store,
        patience: Patience,
        reference: Callable[[], Reference],
        forgetter: Forgetter,
    ) -> None:
        self._settings = settings
        self._reference = reference
        self._forgetter = forgetter
        self._catalogue = catalogue
        self._store = store
        self._patience = patience
        self._decoder = EventDecoder(catalogue.kind, settings.max_record_bytes, settings.max_future_s)

    async def fill(self, before: RecordRef, mark: int) -> None:
        """Apply the records after ``mark`` and before ``before`` to every shard that lacks them."""
        kind = self._catalogue.kind.name
        log.info("refill", kind=kind, partition=before.partition, events=before.offset - 1 - mark)
        while True:
            try:
                await self._stretch(before, mark + 1)
                await self._store_refill([], {before.place: before.offset - 1})
                return
            except StoreBehind:
                # It lost its tail once more: begin again from what it holds now.
                mark = await self._patience.ask(lambda: self._store.attach(before.place))

    async def _stretch(self, before: RecordRef, start: int) -> None:
        batches = read_again(self._settings, before, start)
        try:
            while (batch := await asyncio.to_thread(next, batches, None)) is not None:
                await self._apply(batch)
        finally:
            await asyncio.to_thread(batches.close)

    async def _apply(self, batch: list[Record]) -> None:
        events = [(record, event) for record in batch if (event := self._decode(record)) is not None]
        reference = self._reference()
        claims = [Claim(digest(e.partition_key), e.decision_id, position_of(record)) for record, e in events]
        claimed = await self._patience.ask(lambda: self._store.claim(claims))
        await self._patience.ask(self._forgetter.erase)
        observations = [
            Observation(position_of(record), event.time_ms, self._updates(record, event, reference))
            for (record, event), answer in zip(events, claimed, strict=True)
            if answer.state is not ClaimState.DUPLICATE
        ]
        await self._store_refill(observations, {batch[-1].where.place: batch[-1].where.offset})
        metrics.REFILLED.labels(self._catalogue.kind.name).inc(len(observations))

    async def _store_refill(self, observations: list[Observation], ends: dict[str, int]) -> None:
        await self._patience.ask(lambda: self._store.refill(observations, ends))
        self._patience.alive()

    def _updates(self, record: Record, event: Event, reference: Reference) -> Sequence[Update | None]:
        prepared = self._catalogue.prepare(event, reference)
        return self._forgetter.updates(event, prepared, record.where.append_ms)

    def _decode(self, record: Record) -> Event | None:
        try:
            return self._decoder.decode(record.value, record.where.append_ms)
        except InvalidEvent:
            # It went to dead-letters when it was first met, and was never counted.
            return None


def position_of(record: Record) -> Position:
    return Position(record.where.place, record.where.offset, record.where.append_ms)


def read_again(settings: Settings, before: RecordRef, start: int) -> Generator[list[Record], None, None]:
    """The retained records of ``before``'s partition from ``start`` on, up to it, in batches; blocks."""
    config = consumer_config(settings, f"{settings.namespace}-refill") | {"enable.partition.eof": True}
    consumer = Consumer(config)
    try:
        low, _ = watermark(consumer, before.topic, before.partition)
        if low > start > 0:
            log.warning("refill_beyond_retention", topic=before.topic, partition=before.partition, lost=low - start)
        position = max(low, start)
        consumer.assign([TopicPartition(before.topic, before.partition, position)])
        while position < before.offset:
            batch: list[Record] = []
            for message in consumer.consume(settings.batch_size, 0.2):
                error = message.error()
                if error is not None:
                    if error.code() == KafkaError._PARTITION_EOF:
                        position = before.offset
                        continue
                    raise_unless_transient(error)
                    continue
                offset, append_ms = message.offset(), message.timestamp()[1]
                assert offset is not None
                position = max(position, offset + 1)
                if offset < before.offset:
                    ref = RecordRef(before.topic, before.topic_id, before.partition, offset, append_ms)
                    batch.append(Record(message.key(), message.value(), ref))
            if batch:
                yield batch
    finally:
        consumer.close()
