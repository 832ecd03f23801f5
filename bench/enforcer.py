"""How many verdicts an enforcer folds in a second, beside plainly consuming and decoding the same, in one run.

``make bench-enforcer``: with a Kafka of its own, which it starts and ends. Verdicts are those of ``weir simulate``,
replayed, with new ids and targets until there are enough; making and sending them is not timed. Figures are medians
of rounds in which all ways take turns. CPU is this process', its clients' threads included; Kafka runs beside it on
the same machine.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import random
import statistics
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial

import msgspec
import structlog
from confluent_kafka import Consumer, Producer, TopicPartition
from own_kafka import own_kafka

from features.event import decision_id, to_rfc3339
from features.kinds import load_kinds
from models.verdict import decode
from streams.clients.enforcement import EnforcementClient
from streams.enforcement.fold import State
from streams.enforcement.protected import Protected
from streams.enforcement.run import Enforcer
from streams.enforcement.verdict import decode_decided
from streams.enforcement.write import EnforcementWriter
from streams.kafka import admin_client, consumer_config
from streams.offline.replay import Replay
from streams.settings import Settings
from streams.simulator.run import simulate
from streams.topics import ENFORCEMENTS, VERDICTS, apply_topics, plan_topics
from streams.wire import RecordRef, origin_headers

VERDICTS_A_ROUND = 60_000
TEMPLATES = 1_500
TARGETS = 20_000
ROUNDS = 5
HOUR_MS = 3_600_000


async def templates(settings: Settings) -> list[dict[str, object]]:
    """Verdicts as replaying simulated events gives them."""
    replay = Replay(settings, load_kinds())
    made = [await replay.event(number, one.record) for number, one in enumerate(simulate(TEMPLATES, seed=1))]
    return [msgspec.json.decode(verdict) for verdict in made if verdict is not None]


def records(like: list[dict[str, object]], enforced_share: float) -> Iterator[tuple[str, bytes, int]]:
    """Key, verdict and the offset of its event; the target is any of so many."""
    rng, now_ms = random.Random(2), int(time.time() * 1000)
    for number in range(VERDICTS_A_ROUND):
        verdict = dict(like[number % len(like)])
        data = dict(verdict["data"])  # type: ignore[call-overload]
        target = f"target{rng.randrange(TARGETS)}"
        data["entities"] = {**data["entities"], data["target"]: target}
        data["action"] = "block" if rng.random() < enforced_share else "allow"
        data["expires_at"] = to_rfc3339(now_ms + HOUR_MS + number)
        verdict["id"] = decision_id("login", "bench", str(number))
        yield target, msgspec.json.encode({**verdict, "data": data}), number


def send(settings: Settings, like: list[dict[str, object]], enforced_share: float) -> float:
    """Fill the verdicts topic; the mean size of a record in bytes."""
    producer = Producer({"bootstrap.servers": settings.kafka, "linger.ms": 20, "compression.type": "lz4"})
    size = 0
    for key, value, offset in records(like, enforced_share):
        headers = origin_headers(RecordRef("login", "events", offset % settings.partitions, offset, 0))
        while True:
            try:
                producer.produce(settings.topic(VERDICTS), value, key, headers=headers)
                break
            except BufferError:
                producer.poll(0.1)
        size += len(value)
    producer.flush()
    return size / VERDICTS_A_ROUND


def consume(settings: Settings, take: Callable[[bytes], object]) -> None:
    consumer = Consumer(consumer_config(settings, uuid.uuid4().hex))
    topic = settings.topic(VERDICTS)
    consumer.assign([TopicPartition(topic, number, 0) for number in range(settings.partitions)])
    left = VERDICTS_A_ROUND
    while left:
        first = consumer.poll(1)
        for message in () if first is None else (first, *consumer.consume(5000, 0)):
            take(message.value() or b"")
            left -= 1
    consumer.close()


def enforcer(settings: Settings) -> tuple[Settings, Enforcer]:
    """As ``weir enforcer`` makes it, writing into a topic of its own, whose settings come with it."""
    name = f"b{uuid.uuid4().hex[:8]}"
    own = Settings(kafka=settings.kafka, topic_prefix=f"{name}-", namespace=name)
    apply_topics(admin_client(own), [plan for plan in plan_topics(own, []) if plan.name == own.topic(ENFORCEMENTS)])
    consumer = Consumer(consumer_config(own, own.namespace) | {"isolation.level": "read_committed"})
    return own, Enforcer(
        168, consumer, settings.topic(VERDICTS), "verdicts", EnforcementWriter(own), State(), Protected()
    )


def fold(one: Enforcer) -> None:
    left = VERDICTS_A_ROUND
    while left:
        left -= one.step()
    one.commit()


def timed(call: Callable[[], object]) -> tuple[float, float]:
    gc.collect()
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - wall_s, time.process_time() - cpu_s


def read_whole(settings: Settings) -> int:
    """How many targets it were."""
    with EnforcementClient(settings.kafka, settings.topic(ENFORCEMENTS)) as client:
        client.read_to_end()
        return len(list(client.enforced()))


def measure(settings: Settings) -> dict[str, list[tuple[float, float]]]:
    """Wall and CPU seconds of every way's rounds; the first is what the others are compared with."""
    spent: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for _ in range(ROUNDS):
        spent["consume, decode whole"].append(timed(lambda: consume(settings, decode)))
        spent["consume, decode what folding needs"].append(timed(lambda: consume(settings, decode_decided)))
        own, one = enforcer(settings)
        spent["enforcer"].append(timed(partial(fold, one)))
    begun_s = time.perf_counter()
    targets = read_whole(own)
    print(f"a client reads {targets:,} targets in {time.perf_counter() - begun_s:.2f} s")
    return spent


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with own_kafka() as kafka:
        like = asyncio.run(templates(Settings(kafka=kafka)))
        for share in (0.05, 1.0):
            settings = Settings(kafka=kafka, topic_prefix=f"v{int(share * 100)}-", partitions=4)
            apply_topics(admin_client(settings), plan_topics(settings, []))
            size = send(settings, like, share)
            print(f"\n{VERDICTS_A_ROUND:,} verdicts of {size:,.0f} bytes, {share:.0%} enforced, {TARGETS:,} targets")
            spent = measure(settings)
            first_s = statistics.median(wall_s for wall_s, _ in next(iter(spent.values())))
            for name, rounds in spent.items():
                wall_s, cpu_s = (statistics.median(column) for column in zip(*rounds, strict=True))
                print(
                    f"{name:36}{VERDICTS_A_ROUND / wall_s:>10,.0f} verdicts/s"
                    f"{cpu_s / VERDICTS_A_ROUND * 1e6:>8.1f} us CPU{first_s / wall_s:>8.2f} of the first"
                )


if __name__ == "__main__":
    main()
