"""Who is forgotten stays so for what was appended before, for nothing later, and takes nobody else along."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from support.events import CATALOGUES, REFERENCE, T0, event, record

from features.aggregations.state import Reading
from features.entity import digest, value_hash
from features.errors import StoreUnavailable
from features.prepared import Update
from features.store.contract import Observation, Position
from features.store.memory import MemoryStore
from models.bundle import load_bundle
from streams.agents.decide import Decider
from streams.agents.forget import Forgetter
from streams.agents.judging import InForce
from streams.forgotten import Forgetting, Forgotten, forgotten_key
from streams.record import Record
from streams.settings import Settings
from streams.sinks.publish import Outgoing
from streams.wire import RecordRef

NOW_MS = int(time.time() * 1000)
LOGIN = CATALOGUES["login"]


def forget(forgotten: Forgotten, entity: str, value: str, at_ms: int | None = NOW_MS) -> None:
    told = None if at_ms is None else msgspec.json.encode(Forgetting(at_ms))
    forgotten.on_control(forgotten_key((entity, digest(value))), told)


def updates(forgotten: Forgotten, append_ms: int, **data: Any) -> dict[str, Update | None]:
    """By entity, of a login, or of another kind."""
    kind = data.pop("kind", "login")
    catalogue, one = CATALOGUES[kind], event(kind, "1", T0, **data)
    forgetter = Forgetter(forgotten, catalogue, MemoryStore())
    left = forgetter.updates(one, catalogue.prepare(one, REFERENCE), append_ms)
    return {
        source.entity: update
        for source, update in zip(catalogue.sources, left, strict=True)
        if source.plan.whole is None
    }


def hashes(update: Update | None) -> list[int]:
    assert update is not None
    plan = update.plan
    fed = update.inputs[plan.weights : plan.weights + len(plan.sets)]
    return [one if one >= -1 else -2 - one for one in fed]


def hash_of(value: str) -> int:
    found = value_hash(value)
    assert found is not None
    return found


def test_what_was_appended_before_feeds_nothing_of_the_forgotten_and_later_records_do() -> None:
    forgotten = Forgotten(168)
    forget(forgotten, "account", "ada")
    before, after = (updates(forgotten, NOW_MS + ms, ip="192.0.2.1") for ms in (-1, 0))
    assert before["account"] is None
    assert before["ip"] is not None
    assert after["account"] is not None
    assert hash_of("ada") not in hashes(before["ip"])
    assert hash_of("ada") in hashes(after["ip"])


def test_others_are_fed_as_ever() -> None:
    forgotten = Forgotten(168)
    usual = updates(Forgotten(168), NOW_MS - 1, account="eve", ip="192.0.2.1", device="ada")
    forget(forgotten, "account", "ada")
    assert updates(forgotten, NOW_MS - 1, account="eve", ip="192.0.2.1", device="ada") == usual
    forget(forgotten, "device", "eve")
    assert updates(forgotten, NOW_MS - 1, account="eve", ip="192.0.2.1", device="ada") == usual


def test_the_value_leaves_the_sets_of_others_however_the_event_spelled_it() -> None:
    forgotten = Forgotten(168)
    forget(forgotten, "ip", "192.0.2.7")
    mapped = "::ffff:192.0.2.7"
    assert hash_of(mapped) in hashes(updates(Forgotten(168), NOW_MS - 1, ip=mapped)["account"])
    left = updates(forgotten, NOW_MS - 1, ip=mapped)
    assert left["ip"] is None
    # A successful login's address, and that of one that failed, which a tally only looks up.
    assert hash_of(mapped) not in hashes(left["account"])
    assert hash_of(mapped) not in hashes(updates(forgotten, NOW_MS - 1, ip=mapped, success=False)["account"])


def test_a_forgotten_subnet_takes_no_address_out_of_the_sets_of_others() -> None:
    forgotten = Forgotten(168)
    forget(forgotten, "subnet", "192.0.2.0/24")
    left = updates(forgotten, NOW_MS - 1, ip="192.0.2.7")
    assert left["subnet"] is None
    assert hash_of("192.0.2.7") in hashes(left["account"])


def test_the_newest_entry_counts_and_an_entry_without_value_takes_it_back() -> None:
    forgotten = Forgotten(168)
    actor = "account", digest("ada")
    forget(forgotten, "account", "ada", NOW_MS - 5000)
    assert not forgotten.is_forgotten(actor, NOW_MS - 1000)
    forget(forgotten, "account", "ada", NOW_MS)
    assert forgotten.is_forgotten(actor, NOW_MS - 1000)
    forget(forgotten, "account", "ada", None)
    assert not forgotten.is_forgotten(actor, NOW_MS - 1000)


def test_who_was_forgotten_before_all_that_kafka_may_hold_is_let_go() -> None:
    forgotten = Forgotten(24)
    nine_days_ms = 9 * 86_400_000
    forget(forgotten, "account", "ada", NOW_MS - nine_days_ms - 3_600_000)
    assert not forgotten.is_forgotten(("account", digest("ada")), 0)
    forget(forgotten, "account", "eve", NOW_MS - nine_days_ms + 3_600_000)
    assert forgotten.is_forgotten(("account", digest("eve")), 0)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("forgotten/", b"{}"),
        ("forgotten/account/xyz", b'{"at_ms":1}'),
        ("forgotten/account/00", b"{}"),
        ("forgotten/account/00", b"\xff"),
        ("model/forgotten/account/00", b'{"at_ms":1}'),
        ("champion/login", b"login.logistic"),
    ],
)
def test_entries_that_forget_does_not_write_are_passed_over(key: str, value: bytes) -> None:
    forgotten = Forgotten(168)
    queue = forgotten.subscribe()
    forgotten.on_control(key, value)
    assert not queue
    assert not forgotten.any_after(0)


async def known(store: MemoryStore, entity: str, value: str, time_ms: int = T0) -> Reading | None:
    return await store.look(LOGIN.plans[entity], digest(value), time_ms)


def test_what_came_in_before_a_worker_learned_of_it_is_erased_and_no_more() -> None:
    """As in a refill: earlier records are applied before the news arrives, and more of them after it."""
    store, forgotten = MemoryStore(), Forgotten(168)

    async def publish(outgoing: Sequence[Outgoing]) -> None:
        del outgoing

    def taken(offset: int, append_ms: int) -> Record:
        where = RecordRef("login", "id", 0, offset, append_ms)
        value = record("login", str(offset), T0, account="ada" if offset % 2 == 0 else "eve", ip="192.0.2.1")
        return Record(b"k", value, where)

    async def run() -> None:
        in_force = InForce(load_bundle(LOGIN), (), REFERENCE)
        decider = Decider(Settings(), LOGIN, store, publish, lambda: in_force, forgotten=forgotten)
        await decider.decide([taken(offset, NOW_MS - 1000) for offset in range(4)])
        assert await known(store, "account", "ada") is not None
        forget(forgotten, "account", "ada")
        await decider.follow()
        assert await known(store, "account", "ada") is None
        await decider.decide([taken(offset, NOW_MS - 1000) for offset in range(4, 8)])
        assert await known(store, "account", "ada") is None
        await decider.decide([taken(8, NOW_MS + 1)])
        newcomer, eve, ip = [
            await known(store, *who) for who in (("account", "ada"), ("account", "eve"), ("ip", "192.0.2.1"))
        ]
        assert newcomer is not None
        assert eve is not None
        assert ip is not None
        # Of the address nothing is lost: events 0 to 8.
        assert (newcomer[3], eve[3], ip[3]) == (1, 4, 9)

    asyncio.run(run())


def test_erasing_waits_for_a_store_that_is_away() -> None:
    forgotten = Forgotten(168)
    store = MemoryStore()
    forgetter = Forgetter(forgotten, LOGIN, store)
    one = event("login", "1", T0)
    prepared = LOGIN.prepare(one, REFERENCE)
    asyncio.run(store.observe([Observation(Position("T:0", 0, T0), T0, prepared.updates)], {"T:0": 0}))
    forget(forgotten, "account", "ada")
    away = store.forget

    async def refuse(_digest: bytes, _prefixes: Sequence[str]) -> int:
        raise StoreUnavailable("away")

    store.forget = refuse  # type: ignore[method-assign]
    with pytest.raises(StoreUnavailable):
        asyncio.run(forgetter.erase())
    store.forget = away  # type: ignore[method-assign]
    asyncio.run(forgetter.erase())
    assert asyncio.run(known(store, "account", "ada")) is None
