"""The store in the process's own memory: for replay, for tests, and as the readable form of ``observe.lua``."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from features.aggregations.state import FLAGS, LATE, NEW, REPEATED, EntityPlan, Reading
from features.errors import StoreBehind
from features.prepared import Update, key_of
from features.store.contract import (
    Claim,
    Claimed,
    ClaimState,
    Keep,
    Observation,
    Observed,
    Position,
    Tally,
    Track,
    Tracked,
)
from features.store.counting import Counted
from features.store.state import State, add, peek

# A redelivery comes soon or never; a long replay must not hold every verdict that it made.
_MOST_KEPT = 10_000


class MemoryStore:
    """One shard. ``dedupe_s``: for how long, in append time, a repeated id is a duplicate."""

    def __init__(self, dedupe_s: int = 3600) -> None:
        self._dedupe_ms = dedupe_s * 1000
        self._entities: dict[bytes, State] = {}
        self._claims: dict[str, Position] = {}
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._counted = Counted()
        self._marks: dict[str, int] = {}
        self._seen: dict[str, int] = {}
        self._origins: dict[str, int] = {}

    async def attach(self, partition: str) -> int:
        self._seen[partition] = self._marks.get(partition, -1)
        return self._seen[partition]

    async def claim(self, claims: Sequence[Claim]) -> list[Claimed]:
        return [self._claim(claim) for claim in claims]

    def _claim(self, claim: Claim) -> Claimed:
        held = self._claims.get(claim.decision_id)
        position = claim.position
        if held is None or (
            (held.partition, held.offset) != (position.partition, position.offset)
            and abs(position.append_ms - held.append_ms) > self._dedupe_ms
        ):
            self._claims[claim.decision_id] = position
            return Claimed(ClaimState.NEW)
        if (held.partition, held.offset) == (position.partition, position.offset):
            return Claimed(ClaimState.OWN, self._kept.get(claim.decision_id))
        return Claimed(ClaimState.DUPLICATE)

    async def observe(self, observations: Sequence[Observation], ends: Mapping[str, int]) -> list[Observed]:
        behind = {
            (0, partition): self._marks.get(partition)
            for partition in ends
            if self._marks.get(partition, -1) < self._seen.get(partition, -1)
        }
        if behind:
            raise StoreBehind(behind)
        firsts: dict[str, int] = {}
        for observation in observations:
            partition = observation.position.partition
            firsts[partition] = max(observation.time_ms, firsts.get(partition, observation.time_ms))
        self._origins = firsts | self._origins
        result: list[Observed] = []
        for observation in observations:
            position = observation.position
            apply = position.offset > self._marks.get(position.partition, -1)
            result.append(
                [
                    None if update is None else self._observe(update, observation.time_ms, apply)
                    for update in observation.updates
                ]
            )
        for partition, end in ends.items():
            self._marks[partition] = self._seen[partition] = max(end, self._marks.get(partition, -1))
        return result

    async def refill(self, observations: Sequence[Observation], ends: Mapping[str, int]) -> None:
        await self.observe(observations, ends)

    async def follow(self, ends: Mapping[str, int]) -> None:
        await self.observe((), ends)

    async def keep(self, keeps: Sequence[Keep]) -> list[bytes]:
        kept = []
        for keep in keeps:
            if keep.decision_id not in self._kept:
                self._counted.count(keep)
            kept.append(self._kept.setdefault(keep.decision_id, keep.verdict))
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return kept

    async def recall(
        self, tallies: Sequence[Tally], time_ms: int, tracks: Sequence[tuple[bytes, Track]]
    ) -> tuple[list[int], list[list[Tracked]]]:
        counted = self._counted
        return [counted.tally(t, time_ms) for t in tallies], [counted.track(track) for _, track in tracks]

    async def untrack(self, tracked: Sequence[tuple[bytes, Track, str]]) -> int:
        return sum(self._counted.untrack(track, decision_id) for _, track, decision_id in tracked)

    async def look(self, plan: EntityPlan, digest: bytes, time_ms: int) -> Reading | None:
        reading = self._observe(Update(replace(plan, whole=plan), key_of(plan.prefix, digest), 0, []), time_ms, False)
        return None if reading[FLAGS] & NEW else reading

    async def forget(self, digest: bytes, prefixes: Sequence[str]) -> int:
        return sum(self._entities.pop(key_of(prefix, digest), None) is not None for prefix in prefixes)

    def origin_ms(self, partition: str) -> int | None:
        return self._origins.get(partition)

    async def close(self) -> None:
        return None

    def _observe(self, update: Update, time_ms: int, apply: bool) -> Reading:
        plan = update.plan
        reads_only = plan.whole is not None
        key = update.key
        state = self._entities.get(key)
        if state is not None and time_ms - state.newest_ms > plan.horizon_s * 1000:
            state = None
        flags = NEW if state is None else 0
        before = (0, 0) if state is None else (state.newest_ms, state.oldest_ms)
        if state is None:
            state = State(time_ms, time_ms)
            if apply and not reads_only:
                self._entities[key] = state
        if reads_only:
            answer, _ = peek(state, plan, (), time_ms)
        elif apply:
            answer, late = add(state, plan, update.inputs, time_ms)
            flags |= LATE if late else 0
        else:
            answer, late = peek(state, plan, update.inputs, time_ms)
            flags |= REPEATED | (LATE if late else 0)
        return [flags, *before, *answer]
