"""What live state costs a process: memory and time to load of 100,000 of each, and of one event's look-up.

``python bench/live_state.py``: no services. Memory is what Python allocated for it, loading is CPU time, and look-ups
are the best of rounds.
"""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Callable, Iterator

import msgspec

from features.event import Event, EventDecoder
from features.kinds import load_kinds
from models.lists import ListType
from streams.standing import NOTHING_ASKED, Asked, Standing
from streams.standing.records import EntityLabel, ListEntry, Snooze
from streams.wire import encode_event

COUNT = 100_000
ROUNDS, EVENTS = 9, 5000
T0 = 1_795_237_200_000
SIGNED = {"author": "ada", "reason": "ticket 1234", "set_ms": T0}
ENTITIES = {
    "account": "user-1",
    "ip": "192.0.2.7",
    "subnet": "192.0.2.0/24",
    "asn": "64500",
    "device": "d",
    "agent": "a",
}
Records = list[tuple[str, bytes]]


def entry(name: str, of: ListType, value: str) -> ListEntry:
    return ListEntry(list=name, of=of, value=value, expires_ms=T0, **SIGNED)


MAKERS: dict[str, Callable[[int], ListEntry | EntityLabel | Snooze]] = {
    "addresses": lambda n: entry("vpn", "ip", f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}"),
    "networks": lambda n: entry("vpn", "ip", f"{1 + (n >> 16)}.{n >> 8 & 255}.{n & 255}.0/24"),
    "accounts": lambda n: entry("bad", "account", f"user-{n:08d}@example"),
    "domains": lambda n: entry("spam", "domain", f"host{n}.example.com"),
    "protected": lambda n: entry("protect", "entity", f"account=user-{n:08d}"),
    "labels": lambda n: EntityLabel(
        entity="account", value=f"user-{n:08d}", label="known good", expires_ms=T0, **SIGNED
    ),
    "snoozes": lambda n: Snooze(
        rule="login-brute-force", entity="account", value=f"user-{n:08d}", expires_ms=T0, **SIGNED
    ),
}


def records(name: str) -> Records:
    made = (MAKERS[name](number) for number in range(COUNT))
    return [(one.key, msgspec.json.encode(one)) for one in made]


def load(told: Records) -> Standing:
    standing = Standing()
    for key, value in told:
        standing.on_control(key, value)
    return standing


def memory() -> None:
    for name in MAKERS:
        told = records(name)
        topic = sum(len(key) + len(value) for key, value in told) / COUNT
        start_s = time.process_time()
        load(told)
        seconds = time.process_time() - start_s
        gc.collect()
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        standing = load(told)
        held = (tracemalloc.get_traced_memory()[0] - before) / COUNT
        tracemalloc.stop()
        del standing
        print(
            f"{name:10} {held:4.0f} bytes each in memory, {topic:4.0f} on the topic, loaded in {seconds:.2f} s of CPU"
        )


def lookups() -> Iterator[tuple[str, Standing, Asked]]:
    four = Asked(frozenset({("ip", "vpn"), ("asn", "hosts"), ("account", "bad"), ("device", "seen")}))
    yield "nothing set, nothing asked", Standing(), NOTHING_ASKED
    yield "nothing set, four lists asked", Standing(), four
    told = records("addresses") + [
        (one.key, msgspec.json.encode(one))
        for one in (
            *(entry("vpn", "ip", f"172.16.0.0/{length}") for length in range(12, 29)),
            entry("hosts", "asn", "64501"),
            entry("bad", "account", "eve"),
            entry("seen", "text", "x"),
        )
    ]
    yield "100,000 addresses of 18 lengths, not asked", load(told), NOTHING_ASKED
    yield "four lists asked, one of them with these", load(told), four
    more = [
        (one.key, msgspec.json.encode(one))
        for n in range(1000)
        for one in (MAKERS["labels"](n), MAKERS["protected"](n))
    ]
    yield "the same, and 1,000 labels, 1,000 protected", load(told + more), four


def microseconds(standing: Standing, asked: Asked, event: Event) -> float:
    best_s = 1e9
    for _ in range(ROUNDS):
        start_s = time.perf_counter()
        for _ in range(EVENTS):
            standing.facts(event, ENTITIES, asked)
        best_s = min(best_s, time.perf_counter() - start_s)
    return best_s / EVENTS * 1e6


def main() -> None:
    memory()
    data = {"account": "user-1", "success": True, "ip": "192.0.2.7", "asn": 64500, "device": "d"}
    event = EventDecoder(load_kinds()["login"], 131_072, 300).decode(encode_event("login", "1", "bench", T0, data))
    for what, standing, asked in lookups():
        print(f"{what:45} {microseconds(standing, asked, event):5.1f} µs an event")


if __name__ == "__main__":
    main()
