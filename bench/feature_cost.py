"""What features cost: both stores at several micro-batches, beside pipelined sorted sets, in one run.

Needs a Redis of its own, which it starts on a free port and ends: ``make bench-features``.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import redis
from redis.asyncio import Redis

from features.catalogue import Catalogue, catalogues
from features.entity import handles
from features.event import Event, EventDecoder
from features.kinds import load_kinds
from features.store.contract import Observation, Position, Store
from features.store.memory import MemoryStore
from features.store.redis import RedisStore

EVENTS = 10_000
T0 = 1_795_237_200_000
BATCHES = (1, 50, 500)


@contextmanager
def own_redis() -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    program = shutil.which("redis-server")
    assert program is not None, "redis-server is not on PATH: apt-get install redis-server"
    words = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    try:
        client = redis.Redis(port=port)
        while True:
            try:
                client.ping()
                break
            except redis.ConnectionError:
                time.sleep(0.01)
        yield port
    finally:
        process.terminate()
        process.wait()


def events(catalogue: Catalogue, count: int) -> list[Event]:
    """Events of a population of count / 4 accounts on 65,536 addresses, 50 ms apart."""
    rng = random.Random(1)
    decoder = EventDecoder(catalogue.kind, 131_072, 300)
    made = []
    for i in range(count):
        account, ip = f"u{rng.randrange(count // 4)}", f"10.{rng.randrange(256)}.{rng.randrange(256)}.1"
        fields = {"account": account, "ip": ip}
        if catalogue.kind.name == "mail":
            fields |= {"direction": "inbound", "sender": f"s{rng.randrange(999)}@e{rng.randrange(200)}.example"}
        else:
            fields |= {"device": f"d{rng.randrange(count // 3)}", "country": rng.choice(["DE", "FR", "US"])}
        data: dict[str, object] = dict(fields)
        if catalogue.kind.name == "login":
            data["success"] = rng.random() < 0.9
        second, milli = divmod(T0 + i * 50, 1000)
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        record = {"specversion": "1.0", "id": str(i), "source": "bench", "type": catalogue.kind.name}
        record_ = msgspec.json.encode({**record, "time": f"{moment}.{milli:03}Z", "data": data})
        made.append(decoder.decode(record_))
    return made


async def run_store(store: Store, catalogue: Catalogue, stream: list[Event], size: int) -> float:
    """CPU seconds of this process."""
    await store.attach("T:0")
    begun_s = time.process_time()
    for at in range(0, len(stream), size):
        part = stream[at : at + size]
        observations = [
            Observation(Position("T:0", at + i, e.time_ms), e.time_ms, catalogue.updates(e, handles(e)))
            for i, e in enumerate(part)
        ]
        answers = await store.observe(observations, {"T:0": at + len(part) - 1})
        for event, answer in zip(part, answers, strict=True):
            catalogue.vector(event, answer.readings)
    return time.process_time() - begun_s


def run_sorted_sets(client: redis.Redis, catalogue: Catalogue, stream: list[Event], size: int) -> float:
    """The straightforward way: a sorted set a measure, trimmed and counted by score. CPU seconds of this process."""
    begun_s = time.process_time()
    for at in range(0, len(stream), size):
        pipe = client.pipeline(transaction=False)
        for i, event in enumerate(stream[at : at + size]):
            for update in catalogue.updates(event, handles(event)):
                for ring, weight in zip(update.plan.rings, update.weights, strict=True):
                    key = b"z:" + ring.id.encode() + update.handle.digest
                    window_ms = ring.bucket_s * ring.buckets * 1000
                    if weight:
                        pipe.zadd(key, {str(at + i): event.time_ms})
                    pipe.zremrangebyscore(key, 0, event.time_ms - window_ms)
                    pipe.zcard(key)
                    pipe.pexpire(key, window_ms)
                for values, value in zip(update.plan.sets, update.hashes, strict=True):
                    key = b"z:" + values.id.encode() + update.handle.digest
                    if value is not None:
                        pipe.zadd(key, {str(value): event.time_ms})
                    for multiple, buckets in values.spans:
                        pipe.zcount(key, event.time_ms - values.bucket_s * multiple * buckets * 1000, "+inf")
                    pipe.expire(key, update.plan.horizon_s)
        pipe.execute()
    return time.process_time() - begun_s


def server_s(client: redis.Redis) -> float:
    """CPU seconds that the server has used."""
    info = client.info("cpu")
    return float(info["used_cpu_user"]) + float(info["used_cpu_sys"])


def main() -> None:
    known = catalogues(list(load_kinds().values()))
    out = sys.stdout.write
    out(f"{'kind':<8}{'batch':>6}{'features':>10}{'memory us':>11}{'client us':>11}{'redis us':>10}")
    out(f"{'sets client':>13}{'sets redis':>12}{'bytes/event':>13}{'sets bytes':>12}{'faster':>8}\n")
    with own_redis() as port:
        client = redis.Redis(port=port)
        for name, catalogue in known.items():
            stream = events(catalogue, EVENTS)
            for size in BATCHES:
                part = stream if size > 1 else stream[:2000]
                scale = 1e6 / len(part)
                in_memory = asyncio.run(run_store(MemoryStore(), catalogue, part, size)) * scale
                client.flushall()
                empty, before_s = client.info("memory")["used_memory"], server_s(client)

                async def ours(part: list[Event] = part, size: int = size, catalogue: Catalogue = catalogue) -> float:
                    store = RedisStore(Redis(port=port), shards=1)
                    used_s = await run_store(store, catalogue, part, size)
                    await store.close()
                    return used_s

                own_client = asyncio.run(ours()) * scale
                own_server = (server_s(client) - before_s) * scale
                own_bytes = (client.info("memory")["used_memory"] - empty) / len(part)
                client.flushall()
                before_s = server_s(client)
                sets_client = run_sorted_sets(client, catalogue, part, size) * scale
                sets_server = (server_s(client) - before_s) * scale
                sets_bytes = (client.info("memory")["used_memory"] - empty) / len(part)
                faster = (sets_client + sets_server) / (own_client + own_server)
                out(
                    f"{name:<8}{size:>6}{len(catalogue.names):>10}{in_memory:>11.1f}{own_client:>11.1f}{own_server:>10.1f}"
                )
                out(f"{sets_client:>13.1f}{sets_server:>12.1f}{own_bytes:>13.0f}{sets_bytes:>12.0f}{faster:>7.1f}x\n")


if __name__ == "__main__":
    main()
