"""One entity's state in Python: what ``observe.lua`` does, in readable form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from features.aggregations.state import EntityPlan, Register, Ring, ValueSet

# A set's values: hash -> (bucket, number of events since it came in).
Held = dict[int, tuple[int, int]]


@dataclass(slots=True)
class State:
    """Greatest and least time, and by measure id: ring cells by bucket, values of sets, (time, values) of registers.

    A ring holds only buckets with something in them, and loses those that have left its window when it grows.
    """

    newest_ms: int
    oldest_ms: int
    rings: dict[str, dict[int, int]] = field(default_factory=dict)
    sets: dict[str, Held] = field(default_factory=dict)
    registers: dict[str, tuple[int, ...]] = field(default_factory=dict)


def add(state: State, plan: EntityPlan, inputs: Sequence[int], time_ms: int) -> tuple[list[int], bool]:
    """Add an event and read what there is then: the numbers of a reading after its head, and whether it is late."""
    newest_ms = state.newest_ms = max(state.newest_ms, time_ms)
    state.oldest_ms = min(state.oldest_ms, time_ms)
    answer: list[int] = []
    late = False
    for ring in plan.rings:
        width_ms = ring.bucket_s * 1000
        head, bucket = newest_ms // width_ms, time_ms // width_ms
        cells = state.rings.get(ring.id)
        if cells is None:
            cells = state.rings[ring.id] = {}
        if bucket <= head - ring.buckets:
            late = True
        elif weight := inputs[ring.weight]:
            cells[bucket] = cells.get(bucket, 0) + weight
            if len(cells) > ring.buckets:
                for gone in [b for b in cells if b <= head - ring.buckets]:
                    del cells[gone]
        answer += _ring(cells, ring, head)
    at = plan.weights
    for values in plan.sets:
        held = state.sets.setdefault(values.id, {})
        value = inputs[at]
        at += 1
        before = _before(held, values, value)
        if value >= 0:
            _insert(held, values, value, time_ms // (values.bucket_s * 1000))
        answer += _counts(held, values, newest_ms)
        answer += before
    for register in plan.registers:
        kept = state.registers.get(register.id)
        answer += _register(kept, register)
        if inputs[at] >= 0 and (kept is None or time_ms >= kept[0]):
            state.registers[register.id] = (time_ms, *inputs[at : at + register.width])
        at += register.inputs
    return answer, late


def peek(state: State, plan: EntityPlan, inputs: Sequence[int], time_ms: int) -> tuple[list[int], bool]:
    """Read as ``add`` does, at ``time_ms``, and change nothing. ``inputs`` may be empty: no value is asked."""
    newest_ms = max(state.newest_ms, time_ms)
    answer: list[int] = []
    late = False
    for ring in plan.rings:
        width_ms = ring.bucket_s * 1000
        head = newest_ms // width_ms
        late = late or time_ms // width_ms <= head - ring.buckets
        answer += _ring(state.rings.get(ring.id, {}), ring, head)
    for index, values in enumerate(plan.sets, start=plan.weights):
        held = state.sets.get(values.id, {})
        answer += _counts(held, values, newest_ms)
        answer += _before(held, values, inputs[index] if inputs else -1)
    for register in plan.registers:
        answer += _register(state.registers.get(register.id), register)
    return answer, late


def _ring(cells: dict[int, int], ring: Ring, head: int) -> list[int]:
    oldest = head - ring.buckets
    total = sum([cell for bucket, cell in cells.items() if bucket > oldest])
    return [total, *(cells.get(b, 0) for b in range(head, oldest, -1))] if ring.cells else [total]


def _before(held: Held, values: ValueSet, value: int) -> list[int]:
    """Whether the value was there or there is none; of a counted set its count and that of all."""
    if values.counted:
        value = -2 - value if value < -1 else value
        return [held[value][1] if value in held else 0, sum(count for _, count in held.values())]
    return [int(value < 0 or value in held)]


def _insert(held: Held, values: ValueSet, value: int, bucket: int) -> None:
    last, count = held.get(value, (bucket, 0))
    held[value] = max(bucket, last), count + 1
    if len(held) > values.cap:
        del held[min(held, key=lambda hash_: (held[hash_][0], hash_))]


def _counts(held: Held, values: ValueSet, newest_ms: int) -> list[int]:
    counts = []
    for multiple, buckets in values.spans:
        least = (newest_ms // (values.bucket_s * 1000 * multiple) - buckets + 1) * multiple
        counts.append(sum(bucket >= least for bucket, _ in held.values()))
    return counts


def _register(kept: tuple[int, ...] | None, register: Register) -> list[int]:
    return [1, *kept] if kept is not None else [0] * (2 + register.width)
