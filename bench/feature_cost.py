"""What features cost: both stores at several micro-batches, beside pipelined sorted sets, in one run.

Events are those of ``weir simulate``; they and their decoding are not timed. Needs a Redis of its own, which it
starts and ends: ``make bench-features``. Figures are medians of rounds in which all ways take turns.

client: CPU of this process, to prepare events, to ask the store and take its answer apart, to make vectors.
network: CPU of the server less what it spent in the function; lua: in the function. wall: what passes from an event
to its vector. bytes: memory of the server an event, for the same events.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable

import redis
from own_redis import own_redis, spent
from redis.asyncio import Redis
from sorted_sets import run_sorted_sets

from features.catalogue import Catalogue, catalogues
from features.event import Event, EventDecoder
from features.kinds import load_kinds
from features.reference import Reference, load_reference
from features.store.contract import Observation, Position, Store
from features.store.memory import MemoryStore
from features.store.redis import RedisStore
from streams import collector
from streams.simulator.run import simulate

EVENTS = 6_000
# One by one an event takes so long that fewer tell as much.
EVENTS_ONE_BY_ONE = 1_500
BATCHES = (1, 50, 200, 500)
ROUNDS = 3
_OURS = ("prepare", "ask", "vector", "client", "network", "lua", "all", "wall", "bytes")
_SETS = ("client", "redis", "all", "bytes")
_HEAD = (
    f"{'':13} |{'memory':>8} |{'Redis':^{8 * len(_OURS)}} |{'sorted sets':^{8 * len(_SETS)}} |\n"
    f"kind    batch |{'store':>8} |{''.join(f'{what:>8}' for what in _OURS)}"
    f" |{''.join(f'{what:>8}' for what in _SETS)} |{'all':>6}{'bytes':>8}\n"
)


def events(catalogues_: dict[str, Catalogue]) -> dict[str, list[Event]]:
    """As many events of each kind, in the order of their time."""
    decoders = {name: EventDecoder(catalogue.kind, 131_072, 10**12) for name, catalogue in catalogues_.items()}
    made: dict[str, list[Event]] = defaultdict(list)
    for one in simulate(EVENTS * 12, seed=1):
        if one.kind in decoders and len(made[one.kind]) < EVENTS:
            made[one.kind].append(decoders[one.kind].decode(one.record))
    return dict(made)


async def run_store(
    store: Store, catalogue: Catalogue, stream: list[Event], size: int, reference: Reference
) -> dict[str, float]:
    """CPU seconds of this process by stage."""
    stages = dict.fromkeys(("prepare", "ask", "vector"), 0.0)
    await store.attach("T:0")
    for at in range(0, len(stream), size):
        part = stream[at : at + size]
        begun_s = time.process_time()
        prepared = [catalogue.prepare(event, reference) for event in part]
        observations = [
            Observation(Position("T:0", number, event.time_ms), event.time_ms, ready.updates)
            for number, (event, ready) in enumerate(zip(part, prepared, strict=True), start=at)
        ]
        prepared_s = time.process_time()
        answers = await store.observe(observations, {"T:0": at + len(part) - 1})
        answered_s = time.process_time()
        for event, ready, answer in zip(part, prepared, answers, strict=True):
            catalogue.vector(event, ready, answer)
        stages["prepare"] += prepared_s - begun_s
        stages["ask"] += answered_s - prepared_s
        stages["vector"] += time.process_time() - answered_s
    await store.close()
    return stages


def measured(client: redis.Redis, run: Callable[[], dict[str, float]], count: int) -> dict[str, float]:
    """Microseconds (and bytes) an event of one run against an empty server."""
    client.flushall()
    before, wall_s, cpu_s = spent(client), time.perf_counter(), time.process_time()
    stages = run()
    cpu_s, wall_s = time.process_time() - cpu_s, time.perf_counter() - wall_s
    after = spent(client)
    server_s = after.cpu_s - before.cpu_s
    # The server takes that of the clock, which runs on while others have the processor.
    lua_s = min(after.lua_s - before.lua_s, server_s)
    seconds = {"client": cpu_s, "network": server_s - lua_s, "lua": lua_s, "all": cpu_s + server_s, "wall": wall_s}
    seconds |= {"redis": server_s, **stages}
    return {name: s * 1e6 / count for name, s in seconds.items()} | {"bytes": (after.memory - before.memory) / count}


def compare(
    client: redis.Redis, port: int, catalogue: Catalogue, stream: list[Event], size: int, reference: Reference
) -> str:
    """One line of the table."""
    rounds: dict[str, list[dict[str, float]]] = defaultdict(list)

    def in_memory() -> dict[str, float]:
        return asyncio.run(run_store(MemoryStore(), catalogue, stream, size, reference))

    def in_redis() -> dict[str, float]:
        return asyncio.run(run_store(RedisStore(Redis(port=port), shards=1), catalogue, stream, size, reference))

    def in_sets() -> dict[str, float]:
        run_sorted_sets(client, catalogue, stream, size, reference)
        return {}

    for _ in range(ROUNDS):
        for name, run in (("memory", in_memory), ("ours", in_redis), ("sets", in_sets)):
            rounds[name].append(measured(client, run, len(stream)))

    def median(name: str, what: str) -> float:
        return statistics.median(one[what] for one in rounds[name])

    ours = "".join(f"{median('ours', what):>8.1f}" for what in _OURS)
    sets = "".join(f"{median('sets', what):>8.1f}" for what in _SETS)
    faster = median("sets", "all") / median("ours", "all")
    smaller = median("ours", "bytes") / median("sets", "bytes")
    return (
        f"{catalogue.kind.name:<8}{size:>5} |{median('memory', 'client'):>8.1f} |{ours} |{sets} |"
        f"{faster:>5.1f}x{smaller:>7.2f}x\n"
    )


def main() -> None:
    collector.settle()
    known, reference = catalogues(list(load_kinds().values())), load_reference(None)
    streams = events(known)
    for name, catalogue in known.items():
        sources = [source.plan.prefix for source in catalogue.sources]
        sys.stdout.write(f"{name}: {len(catalogue.names)} features over {', '.join(sources)}\n")
    sys.stdout.write(
        "microseconds an event; 'all' and 'bytes' at the end: sorted sets over ours, ours over sorted sets\n"
    )
    sys.stdout.write(f"{(__doc__ or '').strip().split(chr(10) * 2)[-1]}\n\n{_HEAD}")
    with own_redis() as port:
        client = redis.Redis(port=port)
        for name in (name for name in known if name in streams):
            for size in BATCHES:
                stream = streams[name] if size > 1 else streams[name][:EVENTS_ONE_BY_ONE]
                sys.stdout.write(compare(client, port, known[name], stream, size, reference))
                sys.stdout.flush()


if __name__ == "__main__":
    main()
