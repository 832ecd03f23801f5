"""Looking up the facts of a micro-batch before it is judged, and what each decision is counted for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from features.entity import digest
from features.event import Event
from features.store.contract import Keep, Store, Tally, Track, Tracked
from models.budgets import Budgets
from models.bundle import Bundle
from models.escalation import counted, counting, track_of
from models.facts import Facts
from models.judge import Judged
from models.verdict import encode
from streams.standing import Asked, Standing


@dataclass(frozen=True, slots=True)
class Subject:
    """One event to look up facts for: its entities by name, and the digest of its partition key."""

    event: Event
    entities: Mapping[str, str]
    digest: bytes


@dataclass(slots=True)
class Found:
    """``facts``: for each event, in order. ``tripped``: budgets that are found to be used up just now."""

    facts: list[Facts]
    budgets: Budgets
    tripped: list[str] = field(default_factory=list)


class Lookup:
    """The live state of one kind: what people set, and what earlier decisions were counted for."""

    def __init__(self, kind: str, target: str, store: Store, standing: Standing) -> None:
        self._kind = kind
        self._target = target
        self._store = store
        self._standing = standing
        # Budgets that were found to be used up here, by their last reset: told once, and known before it comes back.
        self._told: dict[str, int] = {}

    def standing(self, subjects: Sequence[Subject], bundle: Bundle, asked: Asked) -> Found:
        """What people set, without asking the store: for decisions that must not wait for it."""
        facts = [self._standing.facts(one.event, one.entities, asked) for one in subjects]
        budgets = Budgets(bundle.policy, self._kind, lambda name: self._standing.reset_ms(self._kind, name))
        return Found(self._with_tripped(facts, bundle, ()), budgets)

    async def find(self, subjects: Sequence[Subject], bundle: Bundle, asked: Asked) -> Found:
        """The facts of these events; raises StoreUnavailable."""
        found = self.standing(subjects, bundle, asked)
        budgets = found.budgets
        tracks = self._tracks(subjects, bundle)
        if not subjects or not (budgets.tallies or tracks):
            return found
        newest_ms = max(one.event.time_ms for one in subjects)
        counts, tracked = await self._store.recall(budgets.tallies, newest_ms, list(tracks.values()))
        used_up = budgets.used_up(counts)
        standing = self._tripped()
        facts = self._with_tripped(found.facts, bundle, used_up)
        known = dict(zip(tracks, tracked, strict=True))
        if known:
            facts = [
                _escalating(one, subject, known, bundle, self._target)
                for one, subject in zip(facts, subjects, strict=True)
            ]
        return Found(facts, budgets, [name for name in used_up if name not in standing])

    def trip_records(self, found: Found, at_ms: int) -> list[tuple[str, bytes]]:
        """What has to be told to everybody, by key of the control topic."""
        self._told |= {name: self._standing.reset_ms(self._kind, name) for name in found.tripped}
        return [self._standing.trip_record(self._kind, name, at_ms) for name in found.tripped]

    def _tripped(self) -> set[str]:
        told = {name for name, reset in self._told.items() if reset == self._standing.reset_ms(self._kind, name)}
        return told.union(self._standing.tripped(self._kind))

    def keep(self, subject: Subject, judged: Judged, bundle: Bundle, budgets: Budgets) -> Keep:
        """The verdict to be kept, with what it counts for."""
        event, outcome = subject.event, judged.outcome
        tallies: tuple[Tally, ...] = budgets.counted(outcome)
        tracks: tuple[Track, ...] = ()
        step = counting(bundle.policy, outcome)
        target = subject.entities.get(self._target)
        if step is not None and target is not None:
            tracks = (track_of(step, self._kind, digest(target)),)
        return Keep(subject.digest, event.decision_id, encode(judged.verdict), event.time_ms, tallies, tracks)

    def _with_tripped(self, facts: list[Facts], bundle: Bundle, used_up: Sequence[str]) -> list[Facts]:
        """Only budgets that the policy has: others may have been used up under an earlier one."""
        tripped = self._tripped()
        if not tripped and not used_up:
            return facts
        names = {budget.name for budget in bundle.policy.budgets}
        mine = tuple(sorted(names.intersection((*tripped, *used_up))))
        return [msgspec.structs.replace(one, tripped=mine) for one in facts]

    def _tracks(self, subjects: Sequence[Subject], bundle: Bundle) -> dict[str, tuple[bytes, Track]]:
        """By name, the tracks to ask for, each with its partition key's digest."""
        asked: dict[str, tuple[bytes, Track]] = {}
        for step in bundle.policy.escalation:
            for one in subjects:
                target = one.entities.get(self._target)
                if target is not None:
                    track = track_of(step, self._kind, digest(target))
                    asked[track.name] = one.digest, track
        return asked


def _escalating(
    facts: Facts, subject: Subject, known: Mapping[str, Sequence[Tracked]], bundle: Bundle, target: str
) -> Facts:
    value = subject.entities.get(target)
    if value is None:
        return facts
    event, own = subject.event, subject.event.decision_id
    decisions = {
        step.action: counted(step, known[track_of(step, event.kind.name, digest(value)).name], event.time_ms, own)
        for step in bundle.policy.escalation
    }
    found = {action: ids for action, ids in decisions.items() if ids}
    return msgspec.structs.replace(facts, escalation=found) if found else facts
