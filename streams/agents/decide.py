"""decide: from records of one kind's topic to published verdicts: decode, claim, observe, judge, keep, publish."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from features.aggregations.state import LATE, REBUILDING, REPEATED
from features.catalogue import Catalogue, flags_of
from features.entity import digest
from features.errors import InvalidEvent, StoreBehind, StoreUnavailable
from features.event import Event, EventDecoder
from features.prepared import Prepared
from features.reference import Reference
from features.store.contract import Claim, Claimed, ClaimState, Keep, Observation, Observed, Store
from models.bundle import Bundle
from models.facts import NO_FACTS
from models.judge import Case, Judged, judge
from models.served import Served
from models.verdict import Verdict, encode
from streams import metrics
from streams.agents.complete import Completeness
from streams.agents.forget import Forgetter
from streams.agents.partitions import in_log_order
from streams.agents.patience import Patience, StoreHealth
from streams.agents.refill import Refill, position_of
from streams.forgotten import Forgotten
from streams.record import Record
from streams.settings import Settings
from streams.sinks.publish import Outgoing
from streams.topics import DEAD_LETTERS, VERDICTS
from streams.wire import RecordRef, encode_dead_letter, origin_headers

log = structlog.get_logger()
_UNCLAIMED = Claimed(ClaimState.NEW)
Publish = Callable[[Sequence[Outgoing]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class InForce:
    """What judges at the moment: replaced whole, between two micro-batches."""

    bundle: Bundle
    models: tuple[Served, ...]
    reference: Reference


@dataclass(slots=True)
class _Open:
    """An event on its way through one micro-batch; ``verdict`` is filled by keep, or by an earlier keep."""

    record: Record
    event: Event
    prepared: Prepared
    digest: bytes
    claimed: Claimed
    observed: Observed
    verdict: bytes | None = None


class Decider:
    """Decides one kind. One micro-batch at a time; ``in_force`` is read once at the start of each."""

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        store: Store,
        publish: Publish,
        in_force: Callable[[], InForce],
        health: StoreHealth | None = None,
        forgotten: Forgotten | None = None,
    ) -> None:
        self.kind = catalogue.kind
        self._settings = settings
        self._catalogue = catalogue
        self._store = store
        self._publish = publish
        self._in_force = in_force
        self.decoder = EventDecoder(self.kind, settings.max_record_bytes, settings.max_future_s)
        self.patience = Patience(health or StoreHealth())
        self._forgetter = Forgetter(forgotten or Forgotten(settings.retention_hours), catalogue, store)
        refill = Refill(settings, catalogue, store, self.patience, lambda: in_force().reference, self._forgetter)
        self._complete = Completeness(self.kind.name, store, refill)
        self._lock = asyncio.Lock()

    def detach(self, partitions: Sequence[int]) -> None:
        """Forget partitions that were taken from this worker, or given to it anew."""
        self._complete.partitions.detach(partitions)

    @property
    def busy(self) -> bool:
        return self._lock.locked()

    async def decide(self, records: Sequence[Record]) -> list[Record]:
        """Decide these records; those that come back are published and delivered, the others come again."""
        async with self._lock:
            in_force = self._in_force()
            ordered = in_log_order(records)
            metrics.EVENTS.labels(self.kind.name).inc(len(ordered))
            metrics.BATCHES.labels(self.kind.name).inc()
            opened, outgoing = self._decode(ordered, in_force.reference)
            with metrics.STAGE_SECONDS.labels(self.kind.name, "store").time():
                await self.patience.ask(lambda: self._claim_and_observe(opened, ordered))
            opened = self._without_duplicates(opened)
            judged = self._judge(opened, in_force)
            verdicts = [one.verdict for one in judged]
            await self._keep(opened, verdicts)
            outgoing += [self._outgoing(one) for one in opened]
            with metrics.STAGE_SECONDS.labels(self.kind.name, "publish").time():
                await self._publish(outgoing)
            self._complete.partitions.done(ordered)
            self._measure(opened, verdicts)
            return ordered

    async def follow(self) -> None:
        """Move the marks of shards that no event touched, notice a store that lost its tail, erase the forgotten.

        Called about once a second. A store that does not answer is left to the next micro-batch.
        """
        async with self._lock:
            try:
                await self._forgetter.erase()
                await self._complete.follow()
            except StoreUnavailable:
                return

    def knows(self, place: str) -> bool:
        """Whether everything before a partition's next record is in the store."""
        return self._complete.partitions.is_attached(place)

    async def catch_up(self, before: RecordRef) -> None:
        """Give the store what it lacks of a partition of which no record has come yet, up to ``before``.

        A store that does not answer, or lost its tail once more, is left to the next time.
        """
        async with self._lock:
            try:
                await self._complete.catch_up(before)
            except (StoreUnavailable, StoreBehind):
                return

    async def _claim_and_observe(self, opened: list[_Open], records: Sequence[Record]) -> None:
        """One attempt at both: after any trouble claims are made again too, for they may have been lost."""
        while True:
            await self._complete.attach(records)
            claims = [Claim(one.digest, one.event.decision_id, position_of(one.record)) for one in opened]
            for one, claimed in zip(opened, await self._store.claim(claims), strict=True):
                one.claimed = claimed
            mine = [one for one in opened if one.claimed.state is not ClaimState.DUPLICATE]
            await self._forgetter.erase()
            observations = [self._observation(one) for one in mine]
            # The marks of all partitions are checked, also of those without records in this micro-batch: their
            # events may be what an entity lost.
            ends = self._complete.partitions.ends() | {record.where.place: record.where.offset for record in records}
            try:
                answers = await self._store.observe(observations, ends)
            except StoreBehind as behind:
                await self._complete.fill(behind, records)
                continue
            for one, observed in zip(mine, answers, strict=True):
                one.observed = observed
            return

    def _observation(self, one: _Open) -> Observation:
        updates = self._forgetter.updates(one.event, one.prepared, one.record.where.append_ms)
        return Observation(position_of(one.record), one.event.time_ms, updates)

    def _decode(self, records: Sequence[Record], reference: Reference) -> tuple[list[_Open], list[Outgoing]]:
        opened: list[_Open] = []
        refused: list[Outgoing] = []
        unknown = self.decoder.unknown_fields
        for record in records:
            try:
                event = self.decoder.decode(record.value, record.where.append_ms)
            except InvalidEvent as error:
                metrics.DEAD_LETTERS.labels(self.kind.name, error.reason).inc()
                letter = encode_dead_letter(record.where, error)
                refused.append(Outgoing(self._settings.topic(DEAD_LETTERS), None, letter))
                continue
            prepared = self._catalogue.prepare(event, reference)
            opened.append(_Open(record, event, prepared, digest(event.partition_key), _UNCLAIMED, ()))
        if self.decoder.unknown_fields > unknown:
            metrics.UNKNOWN_FIELDS.labels(self.kind.name).inc(self.decoder.unknown_fields - unknown)
        return opened, refused

    def _without_duplicates(self, opened: list[_Open]) -> list[_Open]:
        mine = [one for one in opened if one.claimed.state is not ClaimState.DUPLICATE]
        metrics.DUPLICATES.labels(self.kind.name).inc(len(opened) - len(mine))
        for one in mine:
            one.verdict = one.claimed.kept
            if one.claimed.state is ClaimState.OWN:
                metrics.REDELIVERED.labels(self.kind.name).inc()
        return mine

    def _judge(self, opened: list[_Open], in_force: InForce) -> list[Judged]:
        """Verdicts for those that have none yet."""
        with metrics.STAGE_SECONDS.labels(self.kind.name, "judge").time():
            cases = [self._case(one) for one in opened if one.verdict is None]
            return judge(cases, self._catalogue, in_force.bundle, in_force.models, in_force.reference.version)

    async def _keep(self, opened: list[_Open], verdicts: Sequence[Verdict]) -> None:
        judged = [one for one in opened if one.verdict is None]
        keeps = [Keep(one.digest, verdict.id, encode(verdict)) for one, verdict in zip(judged, verdicts, strict=True)]
        if keeps:
            with metrics.STAGE_SECONDS.labels(self.kind.name, "keep").time():
                kept = await self.patience.ask(lambda: self._store.keep(keeps))
            for one, verdict in zip(judged, kept, strict=True):
                one.verdict = verdict

    def _case(self, one: _Open) -> Case:
        degraded = []
        flags = flags_of(one.observed)
        if flags & LATE:
            degraded.append("late")
        if flags & REPEATED:
            degraded.append("reread")
        if flags & REBUILDING:
            degraded.append("refill")
        origin_ms = self._store.origin_ms(one.record.where.place)
        history_s = 0.0 if origin_ms is None else max(0, one.event.time_ms - origin_ms) / 1000
        vector = self._catalogue.vector(one.event, one.prepared, one.observed)
        return Case(one.event, self._catalogue.named(one.prepared), vector, NO_FACTS, history_s, tuple(degraded))

    def _outgoing(self, one: _Open) -> Outgoing:
        assert one.verdict is not None
        key = one.record.key if one.record.key is not None else one.event.partition_key.encode()
        return Outgoing(self._settings.topic(VERDICTS), key, one.verdict, origin_headers(one.record.where))

    def _measure(self, opened: list[_Open], verdicts: list[Verdict]) -> None:
        kind = self.kind.name
        now_s = time.time()
        seconds = metrics.DECISION_SECONDS.labels(kind)
        for one in opened:
            seconds.observe(max(0.0, now_s - one.record.where.append_ms / 1000))
        data = [verdict.data for verdict in verdicts]
        for action, count in Counter(d.action for d in data).items():
            metrics.VERDICTS.labels(kind, action).inc(count)
        for rule, count in Counter(reason.rule for d in data for reason in d.reasons).items():
            metrics.RULES_FIRED.labels(kind, rule).inc(count)
        for how, count in Counter(how for d in data for how in d.degraded).items():
            metrics.DEGRADED.labels(kind, how).inc(count)
            if how.startswith("model:"):
                metrics.MODEL_FAULTS.labels(how.removeprefix("model:")).inc(count)
