"""decide: from records of one kind's topic to published verdicts: decode, claim, observe, judge, keep, publish."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from features.catalogue import Catalogue
from features.errors import StoreBehind, StoreUnavailable
from features.store.contract import Claim, ClaimState, Observation, Store
from streams import metrics
from streams.agents.complete import Completeness
from streams.agents.forget import Forgetter
from streams.agents.judging import InForce, Judging
from streams.agents.measure import measure
from streams.agents.model_health import Models
from streams.agents.opened import Door, Opened
from streams.agents.partitions import in_log_order
from streams.agents.patience import Patience, StoreHealth
from streams.agents.refill import Refill, position_of
from streams.forgotten import Forgotten
from streams.record import Record
from streams.settings import Settings
from streams.sinks.publish import Outgoing
from streams.standing import Standing
from streams.topics import VERDICTS
from streams.wire import RecordRef, origin_headers

log = structlog.get_logger()
Publish = Callable[[Sequence[Outgoing]], Awaitable[None]]


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
        models: Models | None = None,
    ) -> None:
        self.kind = catalogue.kind
        self._settings = settings
        self._catalogue = catalogue
        self._store = store
        self._publish = publish
        self._in_force = in_force
        self._door = Door(settings, catalogue)
        self.decoder = self._door.decoder
        self.patience = Patience(health or StoreHealth())
        self._forgetter = Forgetter(forgotten or Forgotten(settings.retention_hours), catalogue, store)
        refill = Refill(settings, catalogue, store, self.patience, lambda: in_force().reference, self._forgetter)
        self._complete = Completeness(self.kind.name, store, refill)
        self._judging = Judging(settings, catalogue, store, self.patience, standing or Standing(), models)
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
            opened, outgoing = self._door.open(ordered, in_force.reference)
            known = await self._known(opened, ordered, in_force)
            # What claims said before the store went away holds: a decision that is kept is not made again blindly.
            opened = self._without_duplicates(opened)
            open_still = [one for one in opened if one.verdict is None]
            made = await self._judging.judge(open_still, in_force, known)
            outgoing += [self._outgoing(one) for one in opened]
            outgoing += made.announcements
            with metrics.STAGE_SECONDS.labels(self.kind.name, "publish").time():
                await self._publish(outgoing)
            if known:
                self._complete.partitions.done(ordered)
            else:
                # What the store has not seen is read again before it decides more of these partitions.
                self._complete.partitions.detach({record.where.partition for record in ordered})
            measure(self.kind.name, [one.record for one in opened], [one.verdict for one in made.judged])
            return ordered

    async def _known(self, opened: list[Opened], records: Sequence[Record], in_force: InForce) -> bool:
        """Claim and observe; False where the policy does not wait any longer for a store that is away."""
        try:
            with metrics.STAGE_SECONDS.labels(self.kind.name, "store").time():
                await self.patience.ask(lambda: self._claim_and_observe(opened, records), in_force.patience_s)
        except StoreUnavailable:
            return False
        return True

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

    async def _claim_and_observe(self, opened: list[Opened], records: Sequence[Record]) -> None:
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

    def _observation(self, one: Opened) -> Observation:
        updates = self._forgetter.updates(one.event, one.prepared, one.record.where.append_ms)
        return Observation(position_of(one.record), one.event.time_ms, updates)

    def _without_duplicates(self, opened: list[Opened]) -> list[Opened]:
        mine = [one for one in opened if one.claimed.state is not ClaimState.DUPLICATE]
        metrics.DUPLICATES.labels(self.kind.name).inc(len(opened) - len(mine))
        for one in mine:
            one.verdict = one.claimed.kept
            if one.claimed.state is ClaimState.OWN:
                metrics.REDELIVERED.labels(self.kind.name).inc()
        return mine

    def _outgoing(self, one: Opened) -> Outgoing:
        assert one.verdict is not None
        key = one.record.key if one.record.key is not None else one.event.partition_key.encode()
        return Outgoing(self._settings.topic(VERDICTS), key, one.verdict, origin_headers(one.record.where))
