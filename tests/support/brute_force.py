"""One feature of one event from the events of its entity, recomputed from nothing by its description."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from support.truth import holds

Info = Mapping[str, Any]


@dataclass(frozen=True)
class Seen:
    """An event as a stranger knows it: its fields and derived inputs under one roof, and its entities."""

    kind: str
    time_ms: int
    fields: Mapping[str, Any]
    entities: Mapping[str, str]
    _held: dict[str | None, bool] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, event: Any, catalogue: Any, reference: Any) -> Seen:
        """What is printed of the event, without printing it."""
        prepared = catalogue.prepare(event, reference)
        fields = {name: getattr(event.data, name) for name in event.kind.fields.__struct_fields__}
        fields |= dict(zip(catalogue.inputs, prepared.inputs, strict=True))
        return cls(event.kind.name, event.time_ms, fields, prepared.entities)

    def matches(self, condition: str | None) -> bool:
        if condition not in self._held:
            self._held[condition] = holds(condition, self.fields)
        return self._held[condition]


History = list[Seen]


def newest_of(events: History) -> int:
    return max(event.time_ms for event in events)


def known(history: History, horizon_s: int, time_ms: int) -> History:
    """What is not forgotten when an event of that time comes."""
    return [] if history and time_ms - newest_of(history) > horizon_s * 1000 else history


def single(info: Info, history: History, mine: History, event: Seen) -> float:
    """``history``: the entity's earlier events; ``mine``: those that are counted, this one included if it is."""
    t, newest, condition = event.time_ms, newest_of([*history, event]), info["condition"]
    match info["aggregation"]:
        case "elapsed":
            times = [e.time_ms for e in history if e.matches(condition)]
            return max(0, t - max(times)) / 1000 if times else info["default"]
        case "age":
            return max(0, t - min(e.time_ms for e in history)) / 1000 if history else 0
        case "count" | "sum":
            return sum(cells(mine, condition, info, newest).values())
        case "share":
            part, whole = (sum(cells(mine, where, info, newest).values()) for where in (condition, None))
            return part / whole if whole else 0
        case "burst":
            p = info["parameters"]
            short, long = (
                sum(
                    cells(
                        mine,
                        condition,
                        {**info, "bucket_s": p[f"{w}_bucket_s"], "buckets": p[f"{w}_buckets"]},
                        newest,
                    ).values()
                )
                for w in ("short", "long")
            )
            return (short / p["short_window_s"]) / (long / p["long_window_s"]) if long else 0
        case "decayed":
            rate = cells(mine, condition, info, newest)
            head, half_life_s = newest // (info["bucket_s"] * 1000), info["parameters"]["half_life_s"]
            total = 0.0
            for i in range(head, head - info["buckets"], -1):
                total += rate.get(i, 0) * 2.0 ** (-(head - i) * info["bucket_s"] / half_life_s)
            return total
        case "distinct":
            kept = kept_values(mine, info["inputs"][0], info, info["cap"])
            width, head = info["bucket_s"], newest // (info["bucket_s"] * 1000)
            return sum(b * info["kept_bucket_s"] // width > head - info["buckets"] for b, _ in kept.values())
        case "novelty":
            value = hash_of(info["inputs"][0], condition, event)
            return int(value is not None and value not in kept_values(history, info["inputs"][0], info, info["cap"]))
        case "distance":
            return _travel(info, history, event)[0]
        case "speed":
            distance, ms = _travel(info, history, event)
            return distance / (max(info["parameters"]["least_travel_s"], ms / 1000) / 3600) if distance else 0
    raise AssertionError(info["aggregation"])


def cells(events: History, condition: str | None, info: Info, newest: int) -> dict[int, int]:
    """Sums by bucket, of those that are in the window at ``newest``; an event that came too late is in none."""
    width = info["bucket_s"] * 1000
    sums: dict[int, int] = {}
    greatest = events[0].time_ms if events else 0
    for event in events:
        greatest = max(greatest, event.time_ms)
        bucket = event.time_ms // width
        if bucket > greatest // width - info["buckets"] and event.matches(condition):
            amount = (event.fields.get(info["inputs"][0]) or 0) if info["aggregation"] == "sum" else 1
            sums[bucket] = sums.get(bucket, 0) + amount
    return {b: n for b, n in sums.items() if b > newest // width - info["buckets"]}


def hash_of(of: str, condition: str | None, event: Seen) -> int | None:
    value = event.fields.get(of)
    if value is None or value == "" or not event.matches(condition):
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=6).digest(), "big")


def kept_values(events: History, of: str, info: Info, cap: int) -> dict[int, tuple[int, int]]:
    """(bucket, count) of each value that is kept after these events."""
    kept: dict[int, tuple[int, int]] = {}
    for event in events:
        value = hash_of(of, info["condition"], event)
        if value is None:
            continue
        bucket = event.time_ms // (info["kept_bucket_s"] * 1000)
        old, count = kept.get(value, (bucket, 0))
        kept[value] = max(old, bucket), count + 1
        for gone in sorted(kept, key=lambda h: (kept[h][0], h), reverse=True)[cap:] if len(kept) > cap else ():
            del kept[gone]
    return kept


def _travel(info: Info, history: History, event: Seen) -> tuple[float, int]:
    """Kilometres and milliseconds from the last located event."""
    here = _place(info, event)
    last = None
    for e in history:
        if _place(info, e) and e.matches(info["condition"]) and (last is None or e.time_ms >= last.time_ms):
            last = e
    there = last and _place(info, last)
    if not here or last is None or not there:
        return 0.0, 0
    (lat1, lon1), (lat2, lon2) = here, there
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    radius = info["parameters"]["earth_radius_km"]
    return 2 * radius * math.asin(math.sqrt(min(1.0, half))), abs(event.time_ms - last.time_ms)


def _place(info: Info, event: Seen) -> tuple[float, float] | None:
    """In radians."""
    latitude, longitude = (event.fields.get(name) for name in info["inputs"])
    if latitude is None or longitude is None:
        return None
    return math.radians(round(latitude, 7)), math.radians(round(longitude, 7))
