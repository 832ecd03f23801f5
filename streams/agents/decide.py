"""decide: from records of one kind's topic to published verdicts: decode, claim, observe, judge, keep, publish."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from features.catalogue import Catalogue
from features.entity import Handle, digest, handles
from features.errors import InvalidEvent, StoreBehind
from features.event import Event, EventDecoder
from features.store.contract import Claim, ClaimState, Keep, Observation, Observed, Store
from models.bundle import Bundle
from models.judge import Case, judge
from models.served import Served
from models.verdict import Verdict, encode
from streams import metrics
from streams.agents.patience import Patience
from streams.agents.refill import Refill, position_of
from streams.record import Record
from streams.settings import Settings
from streams.sinks.publish import Outgoing
from streams.topics import DEAD_LETTERS, VERDICTS
from streams.wire import RecordRef, encode_dead_letter, origin_headers

log = structlog.get_logger()
Publish = Callable[[Sequence[Outgoing]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class InForce:
    """What judges at the moment: replaced whole, between two micro-batches."""

    bundle: Bundle
    models: tuple[Served, ...]
    reference: str


@dataclass(slots=True)
class _Open:
    """An event on its way through one micro-batch; ``verdict`` is filled by keep, or by an earlier keep."""

    record: Record
    event: Event
    handles: dict[str, Handle]
    digest: bytes
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
    ) -> None:
        self.kind = catalogue.kind
        self._settings = settings
        self._catalogue = catalogue
        self._store = store
        self._publish = publish
        self._in_force = in_force
        self.decoder = EventDecoder(self.kind, settings.max_record_bytes, settings.max_future_s)
        self._attached: set[str] = set()
        self._ends: dict[str, int] = {}
        self._lock = asyncio.Lock()
        self.patience = Patience(self.kind.name)
        self._refill = Refill(settings, catalogue, store, self.patience)

    def detach(self, partitions: Sequence[int]) -> None:
        """Forget what was known about the marks of partitions that went to another worker."""
        numbers = {str(number) for number in partitions}
        self._attached = {place for place in self._attached if place.rpartition(":")[2] not in numbers}
        self._ends = {p: end for p, end in self._ends.items() if p.rpartition(":")[2] not in numbers}

    async def decide(self, records: Sequence[Record]) -> None:
        """Decide these records; when this returns, everything about them is published and delivered."""
        async with self._lock:
            in_force = self._in_force()
            metrics.EVENTS.labels(self.kind.name).inc(len(records))
            metrics.BATCHES.labels(self.kind.name).inc()
            await self._attach(records)
            opened, outgoing = self._decode(records)
            judged = await self._claim(opened)
            verdicts = await self._decide(opened, judged, records, in_force)
            outgoing += [self._outgoing(one) for one in opened if one.verdict is not None]
            with metrics.STAGE_SECONDS.labels(self.kind.name, "publish").time():
                await self._publish(outgoing)
            self._measure(opened, verdicts)

    @property
    def busy(self) -> bool:
        return self._lock.locked()

    async def follow(self) -> None:
        """Move the marks of shards that no event touched; called about once a second."""
        async with self._lock:
            if self._ends:
                ends = dict(self._ends)
                try:
                    await self.patience.ask(lambda: self._store.follow(ends))
                except StoreBehind:
                    # The next micro-batch meets the same gap, with records at hand from which to fill it.
                    metrics.STORE_BEHIND.inc()

    async def _attach(self, records: Sequence[Record]) -> None:
        """For partitions that are new to this worker: learn the marks, and fill what lies before its records."""
        for record in records:
            place = record.where.place
            if place not in self._attached:
                mark = await self.patience.ask(partial(self._store.attach, place))
                if mark < record.where.offset - 1:
                    await self._refill.fill(record.where, mark)
                self._attached.add(place)

    def _decode(self, records: Sequence[Record]) -> tuple[list[_Open], list[Outgoing]]:
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
            opened.append(_Open(record, event, handles(event), digest(event.partition_key)))
        if self.decoder.unknown_fields > unknown:
            metrics.UNKNOWN_FIELDS.labels(self.kind.name).inc(self.decoder.unknown_fields - unknown)
        return opened, refused

    async def _claim(self, opened: list[_Open]) -> list[_Open]:
        """Drop duplicates from ``opened``; those that still need a judgement are returned."""
        claims = [Claim(one.digest, one.event.decision_id, position_of(one.record)) for one in opened]
        with metrics.STAGE_SECONDS.labels(self.kind.name, "claim").time():
            claimed = await self.patience.ask(lambda: self._store.claim(claims))
        mine = []
        for one, answer in zip(opened, claimed, strict=True):
            if answer.state is ClaimState.DUPLICATE:
                metrics.DUPLICATES.labels(self.kind.name).inc()
                continue
            if answer.state is ClaimState.OWN:
                metrics.REDELIVERED.labels(self.kind.name).inc()
            one.verdict = answer.kept
            mine.append(one)
        opened[:] = mine
        return [one for one in mine if one.verdict is None]

    async def _decide(
        self, opened: list[_Open], judged: list[_Open], records: Sequence[Record], in_force: InForce
    ) -> list[Verdict]:
        ends: dict[str, int] = {}
        for record in records:
            ends[record.where.place] = max(record.where.offset, ends.get(record.where.place, -1))
        observed = await self._observe(opened, ends, records)
        by_id = {one.event.decision_id: answer for one, answer in zip(opened, observed, strict=True)}
        with metrics.STAGE_SECONDS.labels(self.kind.name, "judge").time():
            cases = [self._case(one, by_id[one.event.decision_id]) for one in judged]
            verdicts = judge(cases, self._catalogue, in_force.bundle, in_force.models, in_force.reference)
            keeps = [Keep(one.digest, v.id, encode(v)) for one, v in zip(judged, verdicts, strict=True)]
        if keeps:
            with metrics.STAGE_SECONDS.labels(self.kind.name, "keep").time():
                kept = await self.patience.ask(lambda: self._store.keep(keeps))
            for one, verdict in zip(judged, kept, strict=True):
                one.verdict = verdict
        self._ends.update(ends)
        return verdicts

    async def _observe(self, opened: list[_Open], ends: dict[str, int], records: Sequence[Record]) -> list[Observed]:
        observations = [
            Observation(position_of(one.record), one.event.time_ms, self._catalogue.updates(one.event, one.handles))
            for one in opened
        ]
        first: dict[str, RecordRef] = {}
        for record in records:
            first.setdefault(record.where.place, record.where)
        with metrics.STAGE_SECONDS.labels(self.kind.name, "observe").time():
            while True:
                try:
                    return await self.patience.ask(lambda: self._store.observe(observations, ends))
                except StoreBehind as behind:
                    metrics.STORE_BEHIND.inc()
                    log.warning("store_behind", kind=self.kind.name, marks=len(behind.marks), doing="refilling")
                    for place in {place for _, place in behind.marks}:
                        marks = [mark for (_, where), mark in behind.marks.items() if where == place]
                        await self._refill.fill(first[place], min(-1 if mark is None else mark for mark in marks))

    def _case(self, one: _Open, observed: Observed) -> Case:
        degraded = []
        if any(reading.late for reading in observed.readings.values()):
            degraded.append("late")
        if observed.repeated:
            degraded.append("reread")
        origin_ms = self._store.origin_ms(one.record.where.place)
        history_s = 0.0 if origin_ms is None else max(0, one.event.time_ms - origin_ms) / 1000
        entities = {name: handle.value for name, handle in one.handles.items()}
        vector = self._catalogue.vector(one.event, observed.readings)
        return Case(one.event, entities, vector, {}, history_s, tuple(degraded))

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
