"""The decider on the memory store: what a micro-batch may contain, and what comes out of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from support.events import CATALOGUES, T0, record

from features.errors import StoreBehind, StoreUnavailable
from features.reference import load_reference
from features.store.memory import MemoryStore
from models.bundle import load_bundle
from models.verdict import Verdict, decode
from streams.agents.decide import Decider
from streams.agents.judging import InForce
from streams.agents.partitions import Partitions, in_log_order
from streams.record import Record
from streams.settings import Settings
from streams.sinks.publish import Outgoing
from streams.wire import RecordRef

CATALOGUE = CATALOGUES["login"]


def taken(offset: int, name: str, append_ms: int = T0, partition: int = 0, account: str = "ada") -> Record:
    where = RecordRef("login", "id", partition, offset, append_ms)
    return Record(b"k", record("login", name, T0, account=account), where)


def decide(store: MemoryStore, *batches: Sequence[Record]) -> list[Verdict]:
    """The verdicts of micro-batches, as one decider publishes them."""
    published: list[Outgoing] = []

    async def publish(outgoing: Sequence[Outgoing]) -> None:
        published.extend(outgoing)

    async def run() -> None:
        in_force = InForce(load_bundle(CATALOGUE), (), load_reference(None))
        decider = Decider(Settings(), CATALOGUE, store, publish, lambda: in_force)
        for batch in batches:
            await decider.decide(batch)

    asyncio.run(run())
    return [decode(outgoing.value) for outgoing in published if outgoing.topic == "verdicts"]


def logins(verdicts: list[Verdict]) -> list[float]:
    return [verdict.data.features["account.logins_24h"] for verdict in verdicts]


def test_a_record_that_stands_twice_in_a_micro_batch_counts_once() -> None:
    late = taken(3, "d")
    batch = [late, taken(0, "a"), taken(1, "b"), taken(2, "c"), late, taken(4, "e")]
    verdicts = decide(MemoryStore(), batch)
    assert [verdict.data.event.id for verdict in verdicts] == ["a", "b", "c", "d", "e"]
    assert logins(verdicts) == [1, 2, 3, 4, 5]


def test_a_record_that_the_engine_held_from_before_waits_for_its_turn() -> None:
    held = taken(9, "later")
    ordered = in_log_order([held, taken(4, "x"), taken(0, "other", partition=1), taken(5, "y")])
    assert [one.where.offset for one in ordered] == [4, 0, 5]


def test_two_accepted_records_of_one_id_are_judged_each_on_its_own_reading() -> None:
    hours_later = T0 + 3 * 3_600_000
    verdicts = decide(MemoryStore(), [taken(0, "a"), taken(1, "b"), taken(2, "a", hours_later)])
    assert logins(verdicts) == [1, 2, 1]


def test_a_batch_gives_the_same_bytes_as_its_records_one_by_one() -> None:
    records = [taken(i, str(i), account=f"u{i % 3}") for i in range(20)]
    assert decide(MemoryStore(), records) == decide(MemoryStore(), *([one] for one in records))


def test_a_redelivered_record_gives_the_kept_bytes() -> None:
    store = MemoryStore()
    first = decide(store, [taken(0, "a"), taken(1, "b")])
    again = decide(store, [taken(0, "a")], [taken(1, "b"), taken(2, "c")])
    assert again[:2] == first
    assert logins(again) == [1, 2, 3]


class HalfAway(MemoryStore):
    """A store of which one shard lost its tail while another does not answer: a failover, seen from outside."""

    async def follow(self, ends: Mapping[str, int]) -> None:
        raise StoreBehind({(0, next(iter(ends))): None})

    async def attach(self, partition: str) -> int:
        if self.away:
            raise StoreUnavailable("away")
        return await super().attach(partition)

    away = False


def test_a_store_that_is_behind_and_away_is_left_to_the_next_micro_batch() -> None:
    store = HalfAway()

    async def publish(_outgoing: Sequence[Outgoing]) -> None:
        return None

    async def run() -> None:
        in_force = InForce(load_bundle(CATALOGUE), (), load_reference(None))
        decider = Decider(Settings(), CATALOGUE, store, publish, lambda: in_force)
        await decider.decide([taken(0, "a")])
        store.away = True
        await decider.follow()
        store.away = False
        assert len(await decider.decide([taken(1, "b")])) == 1

    asyncio.run(run())


def test_partitions_that_were_taken_meanwhile_are_not_believed_to_be_done() -> None:
    partitions = Partitions()
    one, other = taken(7, "a"), taken(3, "b", partition=1)
    partitions.attach(one.where)
    partitions.attach(other.where)
    epoch = partitions.epoch
    partitions.detach([1])
    partitions.done([one, other])
    assert partitions.ends() == {"id:0": 7}
    assert partitions.epoch != epoch
    assert partitions.next("id:0").offset == 8
