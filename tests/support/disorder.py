"""Events of the rich kinds in disorder: as hypothesis draws them, crowded on few actors, scattered over many."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import strategies as st
from support.rich_kind import rich_event

from features.event import Event

T0 = 1_795_237_200_000
YEAR_1 = -62_135_596_800_000
YEAR_9999 = 253_402_300_799_999
S, M, H, D = 1000, 60_000, 3_600_000, 86_400_000

# Steps of the clock from one event to the next: mostly small, across buckets, windows and horizons, and back.
_steps = st.one_of(
    st.integers(0, 30 * S),
    st.integers(-M, M),
    st.sampled_from([0, 0, 1, -1, 10 * S, M, 10 * M, H, 2 * H, D, 2 * D, 3 * D, 7 * D, 30 * D]),
    st.sampled_from([10 * M, 2 * H, D, 2 * D, 3 * D, 7 * D, 30 * D]).map(lambda ms: ms + 1),
    st.sampled_from([-10 * S, -M, -10 * M, -H, -2 * H, -D, -3 * D, -8 * D, -31 * D, 31 * D]),
    st.integers(-40 * D, 40 * D),
)
_texts = st.sampled_from(
    ["red", "red-1", "red-2", "blue", "", "a", "b", "Ada", "端末", "\u0000", "}{%s\r\n", "x" * 300]
)
# Mostly one actor with few values, for it is the long histories that tell stores apart.
_names = st.one_of(st.sampled_from(["ada", "ada", "ada", "bob", "red"]), st.text(min_size=1, max_size=3))
_colours = st.one_of(st.sampled_from(["red-1", "red-2", "blue", "ada", "grey"]), _texts)
_degrees = st.one_of(
    st.sampled_from([1.5, -40.25]),
    st.floats(-90, 90),
    st.sampled_from([0, -0.0, 52.52, 90.0, -90.0, 1e-7, 5e-8]),
    st.none(),
)
_deeds = st.fixed_dictionaries(
    {"account": _names, "ok": st.booleans()},
    optional={
        "origin": _texts,
        "colour": _colours,
        "amount": st.one_of(st.integers(-30, 30), st.sampled_from([2**40, -(2**40)])),
        "latitude": _degrees,
        "longitude": st.one_of(_degrees, st.floats(-180, 180)),
        "tags": st.lists(st.sampled_from(["a", 'b"\\', "é"]), max_size=2),
    },
).map(lambda data: ("deed", data))
_visits = st.fixed_dictionaries(
    {"account": _names, "ok": st.booleans()}, optional={"page": _texts, "amount": st.integers(-100, 100)}
).map(lambda data: ("visit", data))
_starts = st.sampled_from([T0, T0, T0, 0, YEAR_1 + 50 * D, YEAR_9999 - 50 * D])


def events_of(start: int, steps: list[tuple[int, tuple[str, dict[str, Any]] | int]]) -> list[Event]:
    """A number in place of an event repeats the event so far back."""
    now, events = start, list[Event]()
    for i, (step, what) in enumerate(steps):
        if isinstance(what, int):
            events.append(events[-1 - what % len(events)] if events else rich_event("deed", "first", now))
            continue
        now = min(max(now + step, YEAR_1), YEAR_9999)
        kind, data = what
        events.append(rich_event(kind, str(i), now, **data))
    return events


histories = st.tuples(
    _starts,
    st.lists(
        st.tuples(_steps, st.one_of(_deeds, _deeds, _deeds, _visits, st.integers(0, 9))), min_size=1, max_size=40
    ),
).map(lambda made: events_of(*made))


def crowded(seed: int, count: int) -> list[Event]:
    """A long history of two actors with few values, at every pace: within a bucket, a window, a horizon."""
    draw = random.Random(seed)
    now, events, pace = T0, list[Event](), [0, 1]
    for i in range(count):
        if i % 12 == 0:
            pace = draw.choice(
                [[0], [0, S, 9 * S], [30 * S, -M, 0], [7 * M, -10 * M], [H, 0], [-3 * H, 5 * H], [D, 0]]
            )
        now += draw.choice(pace)
        when = now - draw.choice([0, 0, 0, 0, 50 * S, 20 * M, 5 * H, 3 * D, 20 * D])
        data: dict[str, Any] = {"account": draw.choice(["ada", "ada", "bob"]), "ok": draw.random() < 0.6}
        if draw.random() < 0.25:
            some = {"page": draw.choice(["A", "b", "c"]), "amount": draw.randrange(-9, 9)}
            events.append(rich_event("visit", str(i), when, **data, **some))
            continue
        some = {
            "origin": draw.choice(["a", "b", "c"]),
            "colour": draw.choice(["red-1", "red-2", "red-3", "ada", "bob"]),
            "amount": draw.choice([-30, 5, 11, 12, 30]),
            "latitude": draw.choice([None, 1.5, -40.25, 52.52]),
            "longitude": draw.choice([1.5, 170, -170]),
            "tags": draw.choice([[], ["a"], ["b"]]),
        }
        events.append(rich_event("deed", str(i), when, **data, **some))
    return events


def scattered(seed: int, count: int) -> list[Event]:
    """Over a thousand entities and more, of some of which there are many events."""
    draw = random.Random(seed)
    now, events = T0, list[Event]()
    for i in range(count):
        now += draw.choice([0, 1, 500, 20 * S, 90 * S, -40 * S, -5 * M])
        when = now - draw.choice([0, 0, 0, 2 * H, 2 * D])
        name = f"u{int(draw.paretovariate(0.3)) % 1500}"
        if draw.random() < 0.25:
            data: dict[str, Any] = {"page": f"P{draw.randrange(60)}", "amount": draw.randrange(-9, 9)}
            events.append(rich_event("visit", str(i), when, account=name, ok=draw.random() < 0.6, **data))
            continue
        data = {
            "ok": draw.random() < 0.7,
            "origin": f"p{draw.randrange(120)}",
            "colour": f"c{draw.randrange(40)}-{draw.randrange(3)}",
            "amount": draw.randrange(-99, 99),
            "latitude": draw.choice([None, draw.uniform(-90, 90)]),
            "longitude": draw.uniform(-180, 180),
            "tags": [f"t{draw.randrange(4)}"],
        }
        events.append(rich_event("deed", str(i), when, account=name, **data))
    return events
