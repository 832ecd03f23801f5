"""How often drift is told where there is none, and how soon where there is.

    .venv/bin/python bench/drift.py [events a week] [seed]

Two weeks of stationary made-up traffic of all kinds go through what ships: features in the memory store, rules,
models that learn online from late labels. What the watch over drift is told of it is recorded, and played to it: as
it was, when no alarm is right (attacks come in bursts of hours, which is what this traffic always does); and changed
from a moment on, in the middle of the first week and in the second. "hours" is event time from that moment until the
alarm, "named" whether it names what was changed. "µs" is CPU time a decision, all of them looked at.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from features.kinds import load_kinds
from models.drift import Alarm, Watch
from models.verdict import decode
from streams.offline.replay import Replay
from streams.settings import load_settings
from streams.simulator.rhythm import DAY_MS, HOUR_MS
from streams.simulator.run import DEFAULT_START_MS, LABEL, PERIOD_MS, simulate
from streams.wire import decode_label

EVENTS_A_WEEK = 100_000
WEEKS = 2
# Days after which the traffic changes, and for how many it is then looked at.
CHANGES_AT = (3.4, 9.4)
LOOKED_AT_DAYS = 3
CAMPAIGN_FEATURES = 12


@dataclass(frozen=True, slots=True)
class Told:
    """A decision as the watch is told of it."""

    time_ms: int
    row: tuple[float, ...]
    scores: dict[str, float]
    action: str
    id: str


@dataclass(frozen=True, slots=True)
class Labelled:
    """A label, and what the models had said."""

    time_ms: int
    scores: dict[str, float]
    abuse: bool
    row: tuple[float, ...]


@dataclass(slots=True)
class Recorded:
    """Of one kind, in the order of time."""

    kind: str
    names: tuple[str, ...] = ()
    told: list[Told] = field(default_factory=list)
    labels: list[Labelled] = field(default_factory=list)


Change = tuple[str, str, set[str], Callable[[Told], Told], Callable[[Labelled], Labelled]]


async def record(events: int, seed: int) -> dict[str, Recorded]:
    settings = load_settings()
    kinds = load_kinds(settings.kinds_folders)
    replay = Replay(settings, kinds)
    found = {kind: Recorded(kind) for kind in kinds}
    known: dict[str, tuple[str, Told]] = {}
    for number, one in enumerate(simulate(events * WEEKS, seed, period_ms=WEEKS * PERIOD_MS)):
        if one.kind == LABEL:
            label = decode_label(one.record, settings.max_record_bytes)
            if label.decision_id in known:
                kind, told = known[label.decision_id]
                abuse = label.data.label == "abuse"
                found[kind].labels.append(Labelled(one.time_ms, told.scores, abuse, told.row))
            replay.label(label)
            continue
        record = await replay.event(number, one.record)
        if record is None:
            continue
        data = decode(record).data
        scores = {score.model: score.score for score in data.scores if not score.warming}
        told = Told(one.time_ms, tuple(data.features.values()), scores, data.action, decode(record).id)
        found[one.kind].names = tuple(data.features)
        found[one.kind].told.append(told)
        known[told.id] = (one.kind, told)
    return found


def play(
    recorded: Recorded, told: Callable[[Told], Told], label: Callable[[Labelled], Labelled], end_ms: int
) -> list[Alarm]:
    """The alarms that rose until then, each as it first stood."""
    watch = Watch(recorded.kind, recorded.names)
    labels = iter(recorded.labels)
    next_label = next(labels, None)
    raised: dict[tuple[object, ...], Alarm] = {}
    for one in recorded.told:
        if one.time_ms >= end_ms:
            break
        while next_label is not None and next_label.time_ms <= one.time_ms:
            given = label(next_label)
            for model, score in given.scores.items():
                watch.on_label(given.time_ms, model, score, given.abuse)
            next_label = next(labels, None)
        one = told(one)
        watch.on_decision(one.time_ms, one.row, one.scores, one.action, one.id)
        for alarm in watch.alarms():
            raised.setdefault((alarm.what, alarm.model, alarm.since_ms), alarm)
    return list(raised.values())


def changes(recorded: Recorded, from_ms: int, seed: int) -> Iterator[Change]:
    """What is changed, which alarm is to say so, what it is to name, and the changed decisions and labels."""
    rng = random.Random(seed)
    rows = np.array([one.row for one in recorded.told])
    names = recorded.names
    counts = [at for at in range(len(names)) if (rows[:, at] > 1).mean() > 0.3]
    flags = [at for at in range(len(names)) if rows[:, at].max() <= 1 and 0.02 < rows[:, at].mean() < 0.5]
    scale = np.where(abs(rows) > 1, np.sign(rows) * (1 + np.log(np.maximum(abs(rows), 1))), rows)

    def same(one: Labelled) -> Labelled:
        return one

    def from_then(change: Callable[[Told], Told]) -> Callable[[Told], Told]:
        return lambda one: change(one) if one.time_ms >= from_ms else one

    def with_value(one: Told, values: dict[int, float]) -> Told:
        return replace(one, row=tuple(values.get(at, value) for at, value in enumerate(one.row)))

    count = rng.choice([at for at in counts if scale[:, at].std() < 3])
    factor = float(np.exp(scale[:, count].std()))
    yield (
        f"{names[count]} times {factor:.2g} (1 standard deviation)",
        "data",
        {names[count]},
        from_then(lambda one: with_value(one, {count: one.row[count] * factor})),
        same,
    )
    flag = rng.choice(flags)
    yield (
        f"{names[flag]} is 1 in a quarter of all",
        "data",
        {names[flag]},
        from_then(lambda one: with_value(one, {flag: 1.0}) if _of(one.id, 0.25) else one),
        same,
    )
    chosen = rng.sample(counts + flags, CAMPAIGN_FEATURES)
    like = {at: float(np.quantile(rows[:, at], 0.98)) for at in chosen}
    for share in (0.1, 0.2):
        yield (
            f"{share:.0%} become a campaign, {CAMPAIGN_FEATURES} features at their 98% quantiles",
            "data",
            {names[at] for at in chosen},
            from_then(lambda one, share=share: with_value(one, like) if _of(one.id, share) else one),
            same,
        )
    model = f"{recorded.kind}.logistic"
    yield (
        f"{model} + 0.2",
        "score",
        {model},
        from_then(
            lambda one: replace(one, scores={m: min(1.0, s + 0.2 * (m == model)) for m, s in one.scores.items()})
        ),
        same,
    )
    blocked = sum(one.action == "block" for one in recorded.told) / len(recorded.told)
    more = max(blocked, 0.05)
    yield (
        f"block {blocked:.1%} + {more:.1%}",
        "mix",
        {"block"},
        from_then(lambda one: replace(one, action="block") if _of(one.id, more) else one),
        same,
    )
    middle = float(np.median(scale[:, count]))

    def flipped(one: Labelled) -> Labelled:
        if one.time_ms < from_ms or one.row[count] < middle or rng.random() >= 0.2:
            return one
        return replace(one, abuse=not one.abuse)

    yield ("20% of labels flip in one half", "concept", {"abuse", "legit"}, lambda one: one, flipped)


def _of(key: str, share: float) -> bool:
    return random.Random(key).random() < share


def main() -> None:
    events = int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS_A_WEEK
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    kinds = asyncio.run(record(events, seed))
    print("| kind | decisions | µs | state, kB | alarms in week 1 | in week 2 |\n|---|---|---|---|---|---|")
    words = []
    for kind, recorded in kinds.items():
        began_s = time.process_time()
        alarms = play(recorded, lambda one: one, lambda one: one, DEFAULT_START_MS + WEEKS * PERIOD_MS)
        cost_us = (time.process_time() - began_s) / len(recorded.told) * 1e6
        weeks: dict[int, int] = defaultdict(int)
        for alarm in alarms:
            weeks[(alarm.since_ms - DEFAULT_START_MS) // PERIOD_MS] += 1
            words.append(f"day {(alarm.since_ms - DEFAULT_START_MS) / DAY_MS:.1f}: {alarm.words}")
        print(
            f"| {kind} | {len(recorded.told):,} | {cost_us:.1f} | {_kilobytes(recorded)} | {weeks[0]} | {weeks[1]} |"
        )
    print("\n".join(["", *words]), flush=True)
    print("\n| kind | from day | change | alarm | named | hours | events |\n|---|---|---|---|---|---|---|")
    for kind, recorded in kinds.items():
        for day in CHANGES_AT:
            from_ms = DEFAULT_START_MS + int(day * DAY_MS)
            for change in changes(recorded, from_ms, seed):
                print(f"| {kind} | {day} | {_delay(recorded, change, from_ms)} |", flush=True)


def _delay(recorded: Recorded, change: Change, from_ms: int) -> str:
    title, what, names, told, label = change
    for alarm in play(recorded, told, label, from_ms + LOOKED_AT_DAYS * DAY_MS):
        if alarm.since_ms > from_ms and alarm.what == what:
            hours = (alarm.since_ms - from_ms) / HOUR_MS
            events = sum(from_ms <= one.time_ms < alarm.since_ms for one in recorded.told)
            named = names & {one.name for one in alarm.moved} or names & {alarm.model}
            return f"{title} | {what} | {'yes' if named else 'no'} | {hours:.0f} | {events:,}"
    return f"{title} | none in {LOOKED_AT_DAYS} days | | | "


def _kilobytes(recorded: Recorded) -> int:
    watch = Watch(recorded.kind, recorded.names)
    for one in recorded.told:
        watch.on_decision(one.time_ms, one.row, one.scores, one.action, one.id)
    return round(len(watch.encode()) / 1000)


if __name__ == "__main__":
    main()
