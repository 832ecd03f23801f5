"""decide: from records of one kind's topic to published verdicts: decode, claim, observe, judge, keep, publish."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from features.aggregations.state import LATE, REBUILDING, REPEATED
from features.catalogue import Catalogue, flags_of
from features.entity import digest
from features.errors import InvalidEvent, StoreBehind, StoreUnavailable
from features.event import Event, EventDecoder
from features.prepared import Prepared
from features.reference import Reference
from features.store.contract import Claim, Claimed, ClaimState, Observation, Observed, Store
from models.bundle import Bundle
from models.facts import Facts
from models.judge import NO_FEATURES, Case, Judged, judge
from models.served import Served
from streams import metrics
from streams.agents.complete import Completeness
from streams.agents.forget import Forgetter
from streams.agents.lookup import Found, Lookup, Subject
from streams.agents.measure import measure
from streams.agents.partitions import in_log_order
from streams.agents.patience import Patience, StoreHealth
from streams.agents.refill import Refill, position_of
from streams.forgotten import Forgotten
from streams.record import Record
from streams.settings import Settings
from streams.sinks.publish import Outgoing
from streams.standing import Asked, Standing
from streams.standing.asked import asked_of
from streams.topics import CONTROL, DEAD_LETTERS, VERDICTS
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
    asked: Asked = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "asked", asked_of(self.bundle))


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
        standing: Standing | None = None,
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
        self._lookup = Lookup(self.kind.name, self.kind.target, store, standing or Standing())
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
            known = await self._known(opened, ordered, in_force)
            if known:
                opened = self._without_duplicates(opened)
            open_still = [one for one in opened if one.verdict is None]
            found = await self._look_up(open_still, in_force, known)
            judged = self._judge(open_still, found, in_force, known)
            await self._keep(open_still, judged, found, in_force.bundle, known)
            outgoing += [self._outgoing(one) for one in opened]
            outgoing += self._announcements(found, open_still)
            with metrics.STAGE_SECONDS.labels(self.kind.name, "publish").time():
                await self._publish(outgoing)
            if known:
                self._complete.partitions.done(ordered)
            else:
                # What the store has not seen is read again before it decides more of these partitions.
                self._complete.partitions.detach({record.where.partition for record in ordered})
            measure(self.kind.name, [one.record for one in opened], [one.verdict for one in judged])
            return ordered

    async def _known(self, opened: list[_Open], records: Sequence[Record], in_force: InForce) -> bool:
        """Claim and observe; False where the policy does not wait any longer for a store that is away."""
        try:
            with metrics.STAGE_SECONDS.labels(self.kind.name, "store").time():
                await self.patience.ask(
                    lambda: self._claim_and_observe(opened, records), _patience_s(in_force.bundle)
                )
        except StoreUnavailable:
            return False
        return True

    async def _look_up(self, opened: Sequence[_Open], in_force: InForce, known: bool) -> Found:
        subjects = [self._subject(one) for one in opened]
        bundle, asked = in_force.bundle, in_force.asked
        if known:
            with suppress(StoreUnavailable):
                return await self.patience.ask(
                    lambda: self._lookup.find(subjects, bundle, asked), _patience_s(bundle)
                )
        return self._lookup.standing(subjects, bundle, asked)

    def _subject(self, one: _Open) -> Subject:
        return Subject(one.event, self._catalogue.named(one.prepared), one.digest)

    def _announcements(self, found: Found, opened: Sequence[_Open]) -> list[Outgoing]:
        """Budgets that are used up, told to all workers with the verdicts that are the first to know."""
        if not found.tripped:
            return []
        for name in found.tripped:
            log.warning("budget_used_up", kind=self.kind.name, budget=name, doing="review until it is reset")
        at_ms = max(one.event.time_ms for one in opened)
        topic = self._settings.topic(CONTROL)
        return [Outgoing(topic, key.encode(), value) for key, value in self._lookup.trip_records(found, at_ms)]

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

    def _judge(self, opened: Sequence[_Open], found: Found, in_force: InForce, known: bool) -> list[Judged]:
        with metrics.STAGE_SECONDS.labels(self.kind.name, "judge").time():
            cases = [self._case(one, facts, known) for one, facts in zip(opened, found.facts, strict=True)]
            return judge(cases, self._catalogue, in_force.bundle, in_force.models, in_force.reference.version)

    async def _keep(
        self, opened: Sequence[_Open], judged: Sequence[Judged], found: Found, bundle: Bundle, known: bool
    ) -> None:
        """Keep the verdicts; each event's is the one that is kept then."""
        keeps = [
            self._lookup.keep(self._subject(one), decided, bundle, found.budgets)
            for one, decided in zip(opened, judged, strict=True)
        ]
        kept: Sequence[bytes] = [keep.verdict for keep in keeps]
        if keeps and known:
            with metrics.STAGE_SECONDS.labels(self.kind.name, "keep").time(), suppress(StoreUnavailable):
                kept = await self.patience.ask(lambda: self._store.keep(keeps), _patience_s(bundle))
        for one, verdict in zip(opened, kept, strict=True):
            one.verdict = verdict

    def _case(self, one: _Open, facts: Facts, known: bool) -> Case:
        degraded = [] if known else [NO_FEATURES]
        flags = flags_of(one.observed)
        if flags & LATE:
            degraded.append("late")
        if flags & REPEATED:
            degraded.append("reread")
        if flags & REBUILDING:
            degraded.append("refill")
        origin_ms = self._store.origin_ms(one.record.where.place)
        history_s = 0.0 if origin_ms is None or not known else max(0, one.event.time_ms - origin_ms) / 1000
        observed = one.observed if known else [None] * len(self._catalogue.sources)
        vector = self._catalogue.vector(one.event, one.prepared, observed)
        return Case(one.event, self._catalogue.named(one.prepared), vector, facts, history_s, tuple(degraded))

    def _outgoing(self, one: _Open) -> Outgoing:
        assert one.verdict is not None
        key = one.record.key if one.record.key is not None else one.event.partition_key.encode()
        return Outgoing(self._settings.topic(VERDICTS), key, one.verdict, origin_headers(one.record.where))


def _patience_s(bundle: Bundle) -> float | None:
    """For how long decisions of this policy wait for a store that is away; None: for as long as it takes."""
    without = bundle.policy.without_features
    return None if without.do == "wait" else without.after_s
