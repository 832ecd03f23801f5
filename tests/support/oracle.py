"""Brute force: every stateful feature recomputed from all events, from the published descriptions alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from features.aggregations.base import FeatureInfo
from features.catalogue import Catalogue
from features.entity import handles, value_hash
from features.event import Event
from features.expression import compile_condition
from features.expression.functions import FUNCTIONS


def _matches(catalogue: Catalogue, condition: str | None, event: Event) -> bool:
    if condition is None:
        return True
    code = compile_condition(condition, catalogue.fields).code
    functions = {name: function.implementation for name, function in FUNCTIONS.items()}
    return bool(eval(code, functions, {"d": event.data}))


def expected_vector(catalogue: Catalogue, past: Sequence[Event], event: Event) -> dict[str, float]:
    """The stateful features of ``event`` after ``past`` (in the order of the log)."""
    mine = {name: handle.value for name, handle in handles(event).items()}
    histories = {name: _history(past, name, value, event, catalogue) for name, value in mine.items()}
    return {
        info.name: _value(catalogue, info, histories.get(info.entity), event)
        for info in catalogue.infos
        if info.entity is not None
    }


def _history(past: Sequence[Event], name: str, value: str, event: Event, catalogue: Catalogue) -> list[Event]:
    """The entity's earlier events that are not forgotten by now."""
    horizon_ms = catalogue.plans[name].horizon_s * 1000
    kept: list[Event] = []
    for other in [*(e for e in past if _is(e, name, value)), event]:
        if kept and other.time_ms - max(e.time_ms for e in kept) > horizon_ms:
            kept = []
        kept.append(other)
    return kept[:-1]


def _is(event: Event, name: str, value: str) -> bool:
    handle = handles(event).get(name)
    return handle is not None and handle.value == value


def _value(catalogue: Catalogue, info: FeatureInfo, past: list[Event] | None, event: Event) -> float:
    if past is None:
        return info.default
    times = [e.time_ms for e in past]
    if info.aggregation == "elapsed":
        return max(0, event.time_ms - max(times)) / 1000 if times else info.default
    if info.aggregation == "age":
        return max(0, event.time_ms - min(times)) / 1000 if times else info.default
    if info.aggregation in ("count", "sum"):
        return _windowed(catalogue, info, past, event)
    assert info.aggregation in ("distinct", "novelty")
    return _distinct(catalogue, info, past, event)


def _windowed(catalogue: Catalogue, info: FeatureInfo, past: list[Event], event: Event) -> float:
    assert info.bucket_s is not None
    assert info.buckets is not None
    width = info.bucket_s * 1000
    cells: dict[int, float] = {}
    newest = None
    for other in [*past, event]:
        newest = other.time_ms if newest is None else max(newest, other.time_ms)
        bucket = other.time_ms // width
        if bucket <= newest // width - info.buckets or not _matches(catalogue, info.condition, other):
            continue
        amount = getattr(other.data, info.inputs[0]) if info.aggregation == "sum" else 1
        cells[bucket] = cells.get(bucket, 0) + (amount or 0)
    assert newest is not None
    return sum(v for b, v in cells.items() if newest // width - info.buckets < b <= newest // width)


def _distinct(catalogue: Catalogue, info: FeatureInfo, past: list[Event], event: Event) -> float:
    assert info.bucket_s is not None
    assert info.cap is not None
    shortest = min(
        other.bucket_s or 0
        for other in catalogue.infos
        if other.entity == info.entity and other.aggregation in ("distinct", "novelty")
        and other.name.rsplit("_", 1)[0] == info.name.rsplit("_", 1)[0]
    ) if info.aggregation == "distinct" else info.bucket_s  # fmt: skip
    held: dict[int, int] = {}
    for other in past:
        _see(catalogue, info, held, other, shortest)
    before = _input(catalogue, info, event)
    if info.aggregation == "novelty":
        return 0 if before is None or before in held else 1
    _see(catalogue, info, held, event, shortest)
    newest = max(e.time_ms for e in [*past, event])
    assert info.buckets is not None
    width = info.bucket_s * 1000
    head = newest // width
    return sum(b * shortest // info.bucket_s > head - info.buckets for b in held.values())


def _see(catalogue: Catalogue, info: FeatureInfo, held: dict[int, int], event: Event, shortest: int) -> None:
    value = _input(catalogue, info, event)
    if value is None:
        return
    bucket = event.time_ms // (shortest * 1000)
    held[value] = max(bucket, held.get(value, bucket))
    assert info.cap is not None
    for extra in sorted(held, key=lambda h: (held[h], h), reverse=True)[info.cap :]:
        del held[extra]


def _input(catalogue: Catalogue, info: FeatureInfo, event: Event) -> int | None:
    value: Any = getattr(event.data, info.inputs[0])
    return value_hash(value) if _matches(catalogue, info.condition, event) else None
