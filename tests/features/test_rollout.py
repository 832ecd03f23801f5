"""A changed feature starts anew, the others keep their state, and old and new workers run side by side."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from redis.asyncio import Redis
from support.events import KINDS, T0, event

from features.aggregations import Count, Distinct
from features.catalogue import Catalogue
from features.kind import Kind
from features.reference import load_reference
from features.store.contract import Observation, Position, Store
from features.store.memory import MemoryStore
from features.store.redis import RedisStore

LOGIN = KINDS["login"]


def variant(*features: Any) -> Catalogue:
    return Catalogue(replace(LOGIN, features=features))


FAILED = Count("account.failures", "failed", windows=("1h", "24h"), where="not success")
LOGINS = Count("account.logins", "logins", windows=("1h", "24h"))
DEVICES = Distinct("account.devices", "devices", of="device", windows=("24h", "7d"))
OLD = variant(LOGINS, FAILED, DEVICES)
NEW = variant(
    replace(DEVICES, windows=("24h",)),
    replace(FAILED, where="not success and not missing(device)"),
    Distinct("account.countries", "countries", of="country", windows=("1h",)),
    replace(LOGINS, windows=("1h", "7d")),
)


@pytest.fixture(params=["memory", "redis"])
def make_store(request: pytest.FixtureRequest) -> Callable[[], Store]:
    if request.param == "memory":
        return MemoryStore
    url = request.getfixturevalue("redis_server")
    return lambda: RedisStore(Redis.from_url(url), namespace=f"t{uuid.uuid4().hex}", shards=2)


async def observe(store: Store, catalogue: Catalogue, offset: int) -> dict[str, float]:
    """The vector of a failed login from a device of its own, as a worker with this catalogue sees it."""
    one = event("login", str(offset), T0 + offset, success=False, device=f"d{offset}", country="AT")
    prepared = catalogue.prepare(one, load_reference(None))
    observation = Observation(Position("T:0", offset, T0), one.time_ms, prepared.updates)
    (answer,) = await store.observe([observation], {"T:0": offset})
    return dict(zip(catalogue.names, catalogue.vector(one, prepared, answer), strict=True))


def run(make_store: Callable[[], Store], catalogues: list[Catalogue]) -> list[dict[str, float]]:
    async def inside() -> list[dict[str, float]]:
        store = make_store()
        try:
            await store.attach("T:0")
            return [await observe(store, catalogue, i) for i, catalogue in enumerate(catalogues)]
        finally:
            await store.close()

    return asyncio.run(inside())


def test_a_changed_or_new_feature_starts_anew_and_the_others_keep_their_state(
    make_store: Callable[[], Store],
) -> None:
    vectors = run(make_store, [OLD, OLD, OLD, NEW])
    assert vectors[2] == {
        "account.logins_1h": 3, "account.logins_24h": 3, "account.failures_1h": 3, "account.failures_24h": 3,
        "account.devices_24h": 3, "account.devices_7d": 3,
    }  # fmt: skip
    assert vectors[3] == {
        "account.devices_24h": 4, "account.failures_1h": 1, "account.failures_24h": 1, "account.countries_1h": 1,
        "account.logins_1h": 4, "account.logins_7d": 1,
    }  # fmt: skip


def test_old_and_new_workers_side_by_side_lose_nothing_of_what_they_share(make_store: Callable[[], Store]) -> None:
    vectors = run(make_store, [OLD, NEW, OLD, NEW, NEW, OLD])
    assert [vector["account.logins_1h"] for vector in vectors] == [1, 2, 3, 4, 5, 6]
    assert [vector["account.devices_24h"] for vector in vectors] == [1, 2, 3, 4, 5, 6]
    # What only one of them knows counts the events that it saw.
    assert vectors[4]["account.failures_1h"] == 3
    assert vectors[5]["account.failures_1h"] == 3


def test_a_change_taken_back_finds_its_state_again(make_store: Callable[[], Store]) -> None:
    vectors = run(make_store, [OLD, NEW, OLD])
    assert vectors[2]["account.failures_24h"] == 2


def test_an_entity_made_of_another_field_or_in_another_way_starts_anew(make_store: Callable[[], Store]) -> None:
    entities = tuple(replace(e, by=str.lower) if e.name == "account" else e for e in LOGIN.entities)
    changed: Kind = replace(LOGIN, entities=entities, features=(LOGINS,))
    vectors = run(make_store, [OLD, OLD, Catalogue(changed)])
    assert vectors[2]["account.logins_1h"] == 1


def test_equal_definitions_share_one_state() -> None:
    plan = variant(LOGINS, replace(LOGINS, name="account.tries")).plans["account"]
    assert len(plan.rings) == 2
