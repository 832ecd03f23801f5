"""From observed events to kept verdicts: facts are looked up, rules and models judge, the store keeps."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from features.catalogue import Catalogue
from features.errors import StoreUnavailable
from features.reference import Reference
from features.store.contract import Store
from models.bundle import Bundle
from models.judge import NO_FEATURES, Case, Judged, judge
from models.served import Served
from streams import metrics
from streams.agents.lookup import Found, Lookup, Subject
from streams.agents.model_health import ModelHealth, Models
from streams.agents.opened import Opened, case_of
from streams.agents.patience import Patience
from streams.settings import Settings
from streams.sinks.publish import Outgoing
from streams.standing import Asked, Standing
from streams.standing.asked import asked_of
from streams.topics import CONTROL


@dataclass(frozen=True, slots=True)
class InForce:
    """What judges at the moment: replaced whole, between two micro-batches."""

    bundle: Bundle
    models: tuple[Served, ...]
    reference: Reference
    asked: Asked = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "asked", asked_of(self.bundle))

    @property
    def patience_s(self) -> float | None:
        """For how long decisions wait for a store that is away; None: for as long as it takes."""
        without = self.bundle.policy.without_features
        return None if without.do == "wait" else without.after_s


@dataclass(frozen=True, slots=True)
class Made:
    """The verdicts of a micro-batch, in order, and what all workers have to be told with them."""

    judged: Sequence[Judged]
    announcements: Sequence[Outgoing]


class Judging:
    """Of one kind; by one caller at a time. ``models``: where trouble with models is told; None: nowhere."""

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        store: Store,
        patience: Patience,
        standing: Standing,
        models: Models | None = None,
    ) -> None:
        self._kind = catalogue.kind.name
        self._catalogue = catalogue
        self._store = store
        self._patience = patience
        self._control = settings.topic(CONTROL)
        self._lookup = Lookup(self._kind, catalogue.kind.target, store, standing)
        self._health = None if models is None else ModelHealth(self._kind, models, settings.model_limit_us)

    async def judge(self, opened: Sequence[Opened], in_force: InForce, known: bool) -> Made:
        """Give each event its verdict: the one that is kept then. ``known``: the store has seen them."""
        subjects = [Subject(one.event, self._catalogue.named(one.prepared), one.digest) for one in opened]
        found = await self._look_up(subjects, in_force, known)
        with metrics.STAGE_SECONDS.labels(self._kind, "judge").time():
            cases = [
                case_of(one, self._catalogue, subject.entities, facts, *self._knowledge(one, known))
                for one, subject, facts in zip(opened, subjects, found.facts, strict=True)
            ]
            judged = self._judged(cases, in_force)
        await self._keep(opened, subjects, judged, found, in_force, known)
        return Made(judged, self._announcements(found, subjects))

    def _judged(self, cases: Sequence[Case], in_force: InForce) -> list[Judged]:
        bundle, models, reference = in_force.bundle, in_force.models, in_force.reference.version
        if self._health is None:
            return judge(cases, self._catalogue, bundle, models, reference)
        judged = judge(cases, self._catalogue, bundle, models, reference, self._health.watch)
        self._health.after(models, judged)
        return judged

    async def _look_up(self, subjects: Sequence[Subject], in_force: InForce, known: bool) -> Found:
        bundle, asked = in_force.bundle, in_force.asked
        if known:
            with suppress(StoreUnavailable):
                return await self._patience.ask(
                    lambda: self._lookup.find(subjects, bundle, asked), in_force.patience_s
                )
        return self._lookup.standing(subjects, bundle, asked)

    def _knowledge(self, one: Opened, known: bool) -> tuple[int | None, list[str]]:
        return (self._store.origin_ms(one.record.where.place), []) if known else (None, [NO_FEATURES])

    async def _keep(
        self,
        opened: Sequence[Opened],
        subjects: Sequence[Subject],
        judged: Sequence[Judged],
        found: Found,
        in_force: InForce,
        known: bool,
    ) -> None:
        keeps = [
            self._lookup.keep(subject, decided, in_force.bundle, found.budgets)
            for subject, decided in zip(subjects, judged, strict=True)
        ]
        kept: Sequence[bytes] = [keep.verdict for keep in keeps]
        if keeps and known:
            with metrics.STAGE_SECONDS.labels(self._kind, "keep").time(), suppress(StoreUnavailable):
                kept = await self._patience.ask(lambda: self._store.keep(keeps), in_force.patience_s)
        for one, verdict in zip(opened, kept, strict=True):
            one.verdict = verdict

    def _announcements(self, found: Found, subjects: Sequence[Subject]) -> list[Outgoing]:
        """Budgets that are used up, told to all workers with the verdicts that are the first to know."""
        if not found.tripped:
            return []
        at_ms = max(one.event.time_ms for one in subjects)
        records = self._lookup.trip_records(found, at_ms)
        return [Outgoing(self._control, key.encode(), value) for key, value in records]
