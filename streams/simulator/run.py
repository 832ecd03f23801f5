"""A made-up week: people and attackers, events in the order of their time, and labels as they are found.

It shows plumbing and load, never detection quality: whoever writes both the attacks and the rules finds them all.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from streams.simulator.campaigns import CAMPAIGNS, WEIGHTS
from streams.simulator.draft import Draft
from streams.simulator.labels import label_for
from streams.simulator.population import Population
from streams.simulator.rhythm import DAY_MS, HOUR_MS, moments
from streams.wire import encode_event

SOURCE = "simulator"
LABEL = "label"
PERIOD_MS = 7 * DAY_MS
# Monday, 2026-01-05, 00:00 UTC.
DEFAULT_START_MS = 1_767_571_200_000
ATTACKS = 0.15
_PER_CAMPAIGN = 120
_EVENTS_PER_PERSON = 12
_LEAST_PEOPLE = 20
_MOST_PEOPLE = 100_000


@dataclass(frozen=True, slots=True)
class Simulated:
    """A record in the order of time: an event of ``kind``, or a label (``kind`` is ``label``)."""

    time_ms: int
    kind: str
    record: bytes


def simulate(
    events: int, seed: int, start_ms: int = DEFAULT_START_MS, attacks: float = ATTACKS, period_ms: int = PERIOD_MS
) -> Iterator[Simulated]:
    """Exactly ``events`` events of the week from ``start_ms`` on, and the labels given within it, in time order.

    ``attacks``: the attackers' share of the events, 0 to 1; without any, rules have nobody to find. ``period_ms``: a
    week unless it is given. The same arguments give the same records. A label never comes before its event.

    >>> [(one.time_ms, one.kind) for one in simulate(2, seed=1) if one.kind != "label"]
    [(1767828040429, 'login'), (1768084450224, 'login')]
    """
    end_ms = start_ms + period_ms
    rng = random.Random(f"labels {seed}")
    waiting: list[tuple[int, int, bytes]] = []
    numbers = count()
    for number, draft in enumerate(_drafts(events, seed, start_ms, end_ms, attacks)):
        while waiting and waiting[0][0] <= draft.time_ms:
            at_ms, _number, record = heapq.heappop(waiting)
            yield Simulated(at_ms, LABEL, record)
        event_id = f"{seed}-{start_ms}-{number}"
        record = encode_event(draft.kind, event_id, SOURCE, draft.time_ms, draft.data)
        yield Simulated(draft.time_ms, draft.kind, record)
        found = label_for(rng, draft, SOURCE, event_id)
        if found is not None and found[0] < end_ms:
            heapq.heappush(waiting, (found[0], next(numbers), found[1]))
    for at_ms, _number, record in sorted(waiting):
        yield Simulated(at_ms, LABEL, record)


def _drafts(events: int, seed: int, start_ms: int, end_ms: int, share: float) -> Iterator[Draft]:
    attacks = round(events * share)
    size = min(_MOST_PEOPLE, max(_LEAST_PEOPLE, events // _EVENTS_PER_PERSON))
    population = Population(random.Random(f"population {seed}"), size, start_ms, end_ms)
    people = moments(random.Random(f"rhythm {seed}"), events - attacks, start_ms, end_ms)
    ordinary = (population.act(time_ms) for time_ms in people)
    hostile = _attacks(population, attacks, seed, start_ms, end_ms)
    return heapq.merge(ordinary, hostile, key=lambda draft: draft.time_ms)


def _attacks(population: Population, events: int, seed: int, start_ms: int, end_ms: int) -> Iterator[Draft]:
    """Campaigns one over the other; only those that are running are in memory."""
    rng = random.Random(f"campaigns {seed}")
    running: list[tuple[int, int, Draft]] = []
    numbers = count()
    # One of each before any comes again, so that also a short run shows all.
    first = rng.sample(CAMPAIGNS, len(CAMPAIGNS))
    for begin_ms, size in _plan(rng, events, start_ms, end_ms):
        while running and running[0][0] < begin_ms:
            yield heapq.heappop(running)[2]
        campaign = first.pop() if first else rng.choices(CAMPAIGNS, WEIGHTS)[0]
        stop_ms = min(end_ms, begin_ms + rng.randrange(HOUR_MS // 6, 6 * HOUR_MS))
        for draft in campaign(rng, population, size, begin_ms, stop_ms):
            heapq.heappush(running, (draft.time_ms, next(numbers), draft))
    while running:
        yield heapq.heappop(running)[2]


def _plan(rng: random.Random, events: int, start_ms: int, end_ms: int) -> list[tuple[int, int]]:
    """When campaigns begin and how many events each has, all together ``events``."""
    if events == 0:
        return []
    campaigns = max(1, events // _PER_CAMPAIGN)
    cuts = sorted(rng.randrange(events + 1) for _ in range(campaigns - 1))
    sizes = [after - before for before, after in zip([0, *cuts], [*cuts, events], strict=True)]
    begins = sorted(rng.randrange(start_ms, end_ms) for _ in sizes)
    return list(zip(begins, sizes, strict=True))
