"""The one order of several partitions: by append time, verdicts before labels, however they are read."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.learning.order import Order

PLACES = {"V:0": 0, "V:1": 0, "L:0": 1}
Log = dict[str, list[int]]


def logs() -> st.SearchStrategy[Log]:
    """By place, the append times of its records; a clock may go back a little."""
    times = st.lists(st.integers(0, 12), max_size=8)
    return st.fixed_dictionaries(dict.fromkeys(PLACES, times))


def read(log: Log, turns: list[str], asks: list[int]) -> list[tuple[str, int]]:
    """Read records in turns of places, ask for the ends now and then as a reader does, and give out what can be."""
    order: Order[str] = Order(PLACES)
    at = dict.fromkeys(PLACES, 0)
    found = []
    for number, place in enumerate([*turns, *(one for one in PLACES for _ in log[one])]):
        if at[place] < len(log[place]):
            order.add(place, at[place], log[place][at[place]], f"{place}@{at[place]}")
            at[place] += 1
        if number in asks:
            until_ms = order.newest_ms
            for other, times in log.items():
                # All that the log has by now is there, as far as it was appended by then.
                if at[other] == len(times) or ahead(times[: at[other]]) > until_ms:
                    order.complete(other, until_ms)
        found += [(one.place, one.offset) for one in order.ready()]
    for place in PLACES:
        order.complete(place, 100)
    found += [(one.place, one.offset) for one in order.ready()]
    assert not order.waiting
    return found


def ahead(times: list[int]) -> int:
    return max(times, default=0)


def expected(log: Log) -> list[tuple[str, int]]:
    keys = []
    for place, times in log.items():
        newest = 0
        for offset, time in enumerate(times):
            newest = max(newest, time)
            keys.append((newest, PLACES[place], place, offset))
    return [(place, offset) for _, _, place, offset in sorted(keys)]


@settings(max_examples=300, deadline=None)
@given(logs(), st.lists(st.sampled_from(sorted(PLACES)), max_size=30), st.lists(st.integers(0, 30)))
def test_the_order_is_the_same_however_and_whenever_the_partitions_are_read(
    log: Log, turns: list[str], asks: list[int]
) -> None:
    assert read(log, turns, asks) == expected(log)


def test_nothing_is_given_out_while_another_partition_may_bring_something_earlier() -> None:
    order: Order[str] = Order(PLACES)
    order.add("L:0", 0, 5, "label")
    order.complete("V:0", 9)
    assert list(order.ready()) == []
    assert order.holds_back("V:1")
    order.add("V:1", 0, 5, "verdict")
    # One of the same moment may follow.
    assert list(order.ready()) == []
    order.complete("V:1", 5)
    assert list(order.ready()) == []
    order.complete("L:0", 5)
    # Of one moment, so that the label finds what it is about.
    assert [one.record for one in order.ready()] == ["verdict", "label"]
    assert not order.waiting


def test_what_is_held_is_counted_by_place() -> None:
    order: Order[str] = Order(PLACES)
    for offset in range(3):
        order.add("V:0", offset, offset, "v")
    assert (order.held("V:0"), order.held("V:1"), order.newest_ms) == (3, 0, 2)
