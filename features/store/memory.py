"""The store in the process's own memory: for replay, for tests, and as the readable form of ``observe.lua``."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from features.aggregations.state import EntityPlan, Reading, Ring, ValueSet
from features.catalogue import Update
from features.errors import StoreBehind
from features.store.contract import Claim, Claimed, ClaimState, Keep, Observation, Observed, Position

# A redelivery comes soon or never; a long replay must not hold every verdict that it made.
_MOST_KEPT = 10_000


@dataclass(slots=True)
class _State:
    """An entity: greatest and least time, ring cells after their head bucket, and (bucket by hash) of sets."""

    newest_ms: int
    oldest_ms: int
    rings: dict[str, list[int]] = field(default_factory=dict)
    sets: dict[str, dict[int, int]] = field(default_factory=dict)


class MemoryStore:
    """One shard. ``dedupe_s``: for how long, in append time, a repeated id is a duplicate."""

    def __init__(self, dedupe_s: int = 3600) -> None:
        self._dedupe_ms = dedupe_s * 1000
        self._entities: dict[tuple[str, bytes], _State] = {}
        self._claims: dict[str, Position] = {}
        self._kept: OrderedDict[str, bytes] = OrderedDict()
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
        result = []
        for observation in observations:
            position = observation.position
            self._origins.setdefault(position.partition, observation.time_ms)
            apply = position.offset > self._marks.get(position.partition, -1)
            readings = {
                update.handle.name: self._observe(update, observation.time_ms, apply)
                for update in observation.updates
            }
            result.append(Observed(readings, not apply))
        for partition, end in ends.items():
            self._marks[partition] = self._seen[partition] = max(end, self._marks.get(partition, -1))
        return result

    async def refill(self, observations: Sequence[Observation], ends: Mapping[str, int]) -> None:
        await self.observe(observations, ends)

    async def follow(self, ends: Mapping[str, int]) -> None:
        await self.observe((), ends)

    async def keep(self, keeps: Sequence[Keep]) -> list[bytes]:
        kept = [self._kept.setdefault(keep.decision_id, keep.verdict) for keep in keeps]
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return kept

    def origin_ms(self, partition: str) -> int | None:
        return self._origins.get(partition)

    async def close(self) -> None:
        return None

    def _observe(self, update: Update, time_ms: int, apply: bool) -> Reading:
        plan = update.plan
        key = (plan.prefix, update.handle.digest)
        state = self._entities.get(key)
        if state is not None and time_ms - state.newest_ms > plan.horizon_s * 1000:
            state = None
        before = (None, None) if state is None else (state.newest_ms, state.oldest_ms)
        if state is None:
            state = _State(time_ms, time_ms)
            if apply:
                self._entities[key] = state
        newest_ms = max(state.newest_ms, time_ms)
        if apply:
            state.newest_ms, state.oldest_ms = newest_ms, min(state.oldest_ms, time_ms)
        return _read(state, before, plan, update, time_ms, newest_ms, apply)


def _read(
    state: _State,
    before: tuple[int | None, int | None],
    plan: EntityPlan,
    update: Update,
    time_ms: int,
    newest_ms: int,
    apply: bool,
) -> Reading:
    late = False
    sums = []
    for ring, weight in zip(plan.rings, update.weights, strict=True):
        head = newest_ms // (ring.bucket_s * 1000)
        bucket = time_ms // (ring.bucket_s * 1000)
        late = late or bucket <= head - ring.buckets
        if apply:
            _add(state.rings, ring, head, bucket, weight)
        sums.append(_sum(state.rings.get(ring.id), ring, head))
    known, counts = [], []
    for values, value in zip(plan.sets, update.hashes, strict=True):
        held = state.sets.get(values.id, {})
        known.append(value is None or value in held)
        if apply and value is not None:
            _insert(state.sets.setdefault(values.id, {}), values, value, time_ms // (values.bucket_s * 1000))
        counts.append(_counts(state.sets.get(values.id, {}), values, newest_ms))
    return Reading(*before, late, tuple(sums), tuple(counts), tuple(known))


def _add(rings: dict[str, list[int]], ring: Ring, head: int, bucket: int, weight: int) -> None:
    """Move the ring's head on, emptying the cells that it passes, then add. Cell 0 holds the head."""
    cells = rings.get(ring.id)
    if cells is None:
        cells = rings[ring.id] = [head] + [0] * ring.buckets
    for passed in range(max(cells[0], head - ring.buckets) + 1, head + 1):
        cells[1 + passed % ring.buckets] = 0
    cells[0] = max(cells[0], head)
    if bucket > head - ring.buckets:
        cells[1 + bucket % ring.buckets] += weight


def _sum(cells: list[int] | None, ring: Ring, head: int) -> int:
    if cells is None:
        return 0
    oldest = max(head, cells[0]) - ring.buckets
    return sum(cells[1 + b % ring.buckets] for b in range(oldest + 1, cells[0] + 1))


def _insert(held: dict[int, int], values: ValueSet, value: int, bucket: int) -> None:
    held[value] = max(bucket, held.get(value, bucket))
    if len(held) > values.cap:
        del held[min(held, key=lambda hash_: (held[hash_], hash_))]


def _counts(held: dict[int, int], values: ValueSet, newest_ms: int) -> tuple[int, ...]:
    counts = []
    for multiple, buckets in values.spans:
        oldest = newest_ms // (values.bucket_s * 1000 * multiple) - buckets
        counts.append(sum(bucket // multiple > oldest for bucket in held.values()))
    return tuple(counts)
