"""A brute-force oracle: every stateful feature from its description and the events alone, in the plainest way.

It reads what ``weir features list --json`` and ``weir features inputs`` tell, and nothing else of ours but the
condition language.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import msgspec

from features.catalogue import Catalogue
from features.event import Event
from features.expression import compile_condition
from features.expression.functions import FUNCTIONS
from features.expression.types import field_names, input_names
from features.kind import Kind
from features.reference import Reference

Info = Mapping[str, Any]


@dataclass(frozen=True)
class Seen:
    """An event as a stranger knows it."""

    kind: Kind
    time_ms: int
    fields: Mapping[str, Any]
    entities: Mapping[str, str]

    @classmethod
    def of(cls, event: Event, catalogue: Catalogue, reference: Reference) -> Seen:
        prepared = catalogue.prepare(event, reference)
        fields = {name: getattr(event.data, name) for name in event.kind.fields.__struct_fields__}
        fields |= dict(zip(catalogue.inputs, prepared.inputs, strict=True))
        return cls(event.kind, event.time_ms, fields, prepared.entities)


def expected(catalogue: Catalogue, past: Sequence[Seen], event: Seen) -> dict[str, float]:
    """The stateful features of ``event`` after ``past`` (of all kinds, in the order of the log)."""
    infos = json.loads(msgspec.json.encode([i for i in catalogue.infos if i.aggregation != "derived"]))
    return {info["name"]: _value(info, past, event) for info in infos}


def _value(info: Info, past: Sequence[Seen], event: Seen) -> float:
    elsewhere = info["of_kind"] != info["kind"]
    value = event.entities.get(info["entity"])
    if value is None and info["aggregation"] != "login_risk":
        return float(info["default"])
    of_entity = (info["parameters"] or {}).get("of_entity", info["entity"])
    history = _history(info["of_kind"], of_entity, value, info["horizon_s"], past, event.time_ms, not elsewhere)
    if info["aggregation"] == "login_risk":
        return _login_risk(info, past, event, history)
    return _single(info, history, event, not elsewhere)


def _history(
    kind: str, entity: str, value: str | None, horizon_s: int, past: Sequence[Seen], time_ms: int, _own: bool
) -> list[Seen]:
    """The entity's earlier events that are not forgotten by now."""
    kept: list[Seen] = []
    for other in past:
        if value is not None and other.kind.name == kind and other.entities.get(entity) == value:
            if kept and other.time_ms - max(e.time_ms for e in kept) > horizon_s * 1000:
                kept = []
            kept.append(other)
    return [] if kept and time_ms - max(e.time_ms for e in kept) > horizon_s * 1000 else kept


def _single(info: Info, history: list[Seen], event: Seen, included: bool) -> float:
    mine = [*history, event] if included else history
    t = event.time_ms
    newest = max([e.time_ms for e in history] + [t])
    match info["aggregation"]:
        case "elapsed":
            times = [e.time_ms for e in history if _matches(info["condition"], e)]
            return max(0, t - max(times)) / 1000 if times else info["default"]
        case "age":
            return max(0, t - min(e.time_ms for e in history)) / 1000 if history else 0
        case "count" | "sum":
            return sum(_cells(mine, info["condition"], info, newest).values())
        case "share":
            part = sum(_cells(mine, info["condition"], info, newest).values())
            whole = sum(_cells(mine, None, info, newest).values())
            return part / whole if whole else 0
        case "burst":
            p = info["parameters"]
            short, long = (
                sum(_cells(mine, info["condition"], {**info, "bucket_s": p[f"{name}_bucket_s"]}, newest).values())
                for name in ("short", "long")
            )
            return (short / p["short_window_s"]) / (long / p["long_window_s"]) if long else 0
        case "decayed":
            cells = _cells(mine, info["condition"], info, newest)
            head, half_life_s = newest // (info["bucket_s"] * 1000), info["parameters"]["half_life_s"]
            total = 0.0
            for i in range(head, head - info["buckets"], -1):
                total += cells.get(i, 0) * 2.0 ** (-(head - i) * info["bucket_s"] / half_life_s)
            return total
        case "distinct":
            kept = _kept(mine, info["inputs"][0], info, info["cap"])
            width, head = info["bucket_s"], newest // (info["bucket_s"] * 1000)
            return sum(b * info["kept_bucket_s"] // width > head - info["buckets"] for b, _ in kept.values())
        case "novelty":
            value = _hash(info["inputs"][0], info["condition"], event)
            return int(value is not None and value not in _kept(history, info["inputs"][0], info, info["cap"]))
        case "distance":
            return _travel(info, history, event)[0]
        case "speed":
            distance, ms = _travel(info, history, event)
            return distance / (max(info["parameters"]["least_travel_s"], ms / 1000) / 3600) if distance else 0
    raise AssertionError(info["aggregation"])


def _matches(condition: str | None, event: Seen) -> bool:
    if condition is None:
        return True
    names = {**field_names(event.kind.fields), **input_names(event.kind.inputs, "d.")}
    functions = {name: function.implementation for name, function in FUNCTIONS.items()}
    code = compile_condition(condition, names).code
    return bool(eval(code, {"__builtins__": {}, **functions, "d": SimpleNamespace(**event.fields)}))


def _cells(events: list[Seen], condition: str | None, info: Info, newest: int) -> dict[int, int]:
    """Sums by bucket, of those that are in the window at ``newest``; an event that came too late is in none."""
    width = info["bucket_s"] * 1000
    cells: dict[int, int] = {}
    greatest = None
    for event in events:
        greatest = event.time_ms if greatest is None else max(greatest, event.time_ms)
        bucket = event.time_ms // width
        if bucket > greatest // width - info["buckets"] and _matches(condition, event):
            amount = (event.fields[info["inputs"][0]] or 0) if info["aggregation"] == "sum" else 1
            cells[bucket] = cells.get(bucket, 0) + amount
    return {b: n for b, n in cells.items() if b > newest // width - info["buckets"]}


def _hash(of: str, condition: str | None, event: Seen) -> int | None:
    value = event.fields[of]
    if value is None or value == "" or not _matches(condition, event):
        return None
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=6).digest(), "big")


def _kept(events: list[Seen], of: str, info: Info, cap: int) -> dict[int, tuple[int, int]]:
    """(bucket, count) of each value that is kept after these events."""
    kept: dict[int, tuple[int, int]] = {}
    for event in events:
        value = _hash(of, info["condition"], event)
        if value is None:
            continue
        bucket = event.time_ms // (info["kept_bucket_s"] * 1000)
        old, count = kept.get(value, (bucket, 0))
        kept[value] = max(old, bucket), count + 1
        for gone in sorted(kept, key=lambda h: (kept[h][0], h), reverse=True)[cap:]:
            del kept[gone]
    return kept


def _travel(info: Info, history: list[Seen], event: Seen) -> tuple[float, int]:
    """Kilometres and milliseconds from the last located event."""
    places = [e for e in history if None not in _place(info, e) and _matches(info["condition"], e)]
    here = _place(info, event)
    if not places or None in here:
        return 0.0, 0
    last = max(enumerate(places), key=lambda item: (item[1].time_ms, item[0]))[1]
    (lat1, lon1), (lat2, lon2) = ([math.radians(round(d, 7)) for d in p] for p in (here, _place(info, last)))  # type: ignore[arg-type]
    half = math.sin((lat1 - lat2) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon1 - lon2) / 2) ** 2
    radius = info["parameters"]["earth_radius_km"]
    return 2 * radius * math.asin(min(1, math.sqrt(half))), abs(event.time_ms - last.time_ms)


def _place(info: Info, event: Seen) -> tuple[float | None, float | None]:
    return event.fields[info["inputs"][0]], event.fields[info["inputs"][1]]


def _login_risk(info: Info, past: Sequence[Seen], event: Seen, history: list[Seen]) -> float:
    p = info["parameters"]
    horizons = {entity.name: entity.horizon_s for entity in event.kind.entities}

    def of(entity: str) -> list[Seen]:
        value = event.entities.get(entity)
        return _history(event.kind.name, entity, value, horizons[entity], past, event.time_ms, True)

    def count(entity: str) -> int:
        if entity not in event.entities:
            return 0
        mine = [*of(entity), event]
        newest = max(e.time_ms for e in mine)
        return sum(_cells(mine, info["condition"], {**info, "aggregation": "count"}, newest).values())

    risk = 0.0
    for group in p["groups"]:
        among_all = own = 0.0
        for part in group:
            if event.fields[part["input"]] is None:
                continue
            tally = _kept(history, part["input"], info, info["cap"])
            value = _hash(part["input"], None, event)
            assert value is not None
            m, total = tally.get(value, (0, 0))[1], sum(c for _, c in tally.values())
            if part["entity"]:
                n, everything = count(part["entity"]), count(p["everyone"])
            else:
                others = _kept(of(p["everyone"]), part["input"], info, p["cap_among"])
                n = others.get(value, (0, 0))[1]
                everything = sum(c for _, c in others.values())
            probability = (n + 1) / (everything + 1)
            among_all += part["weight"] * probability
            own += part["weight"] * (m + probability) / (total + 1)
        if own:
            risk += math.log(among_all / own)
    return risk
