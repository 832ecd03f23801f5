"""Under attack: what one entity costs stays bounded, and every key of the store ends by itself."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator

import pytest
from redis import Redis as Client
from redis.asyncio import Redis
from support.events import CATALOGUES, KINDS, REFERENCE, T0, event

from features.aggregations.state import EntityPlan
from features.entity import digest
from features.store.contract import Claim, Keep, Observation, Position
from features.store.redis import RedisStore

MAX_LAG_S = 86_400


@pytest.fixture
def space() -> str:
    return f"t{uuid.uuid4().hex}"


def most_bytes(plan: EntityPlan) -> int:
    """No packed number is longer than 9 bytes, no head of a list than 5; the layout's name has 8 letters."""
    numbers = 2 + sum(1 + ring.buckets for ring in plan.rings)
    numbers += sum(values.cap * (3 if values.counted else 2) for values in plan.sets)
    numbers += sum(1 + register.width for register in plan.registers)
    return 9 * numbers + 5 * (1 + len(plan.sets) + len(plan.registers)) + 9


def attack(events: int, hot_account: bool) -> Iterator[tuple[dict[str, object], int]]:
    """One address tries ever new accounts; or one account is tried from ever new addresses."""
    for i in range(events):
        other = f"2001:db8:{i >> 16:x}:{i & 0xFFFF:x}::1"
        who = {"account": "ada", "ip": other} if hot_account else {"account": f"a{i}", "ip": "192.0.2.1"}
        fields: dict[str, object] = {
            **who,
            "success": i % 5 == 0,
            "device": f"d{i}",
            "asn": 64_500 + i % 1_000,
            "country": f"{i % 300}",
            "user_agent": "curl/8.0",
            "latitude": (i % 1_800_000) / 10_000 - 90,
            "longitude": 179.9999999,
            "failure_reason": "unknown_user",
        }
        yield fields, T0 + i * 7


@pytest.mark.parametrize(("hot_account", "events"), [(False, 50_000), (True, 10_000)])
def test_a_flood_of_events_of_one_entity_keeps_its_state_small_and_every_key_short_lived(
    redis_server: str, space: str, hot_account: bool, events: int
) -> None:
    catalogue = CATALOGUES["login"]

    async def feed() -> None:
        store = RedisStore(Redis.from_url(redis_server), namespace=space, shards=1, max_lag_s=MAX_LAG_S)
        try:
            await store.attach("T:0")
            batch = []
            for offset, (fields, time_ms) in enumerate(attack(events, hot_account)):
                one = event("login", str(offset), time_ms, **fields)
                position = Position("T:0", offset, time_ms)
                batch.append(Observation(position, time_ms, catalogue.prepare(one, REFERENCE).updates))
                if len(batch) == 1_000:
                    await store.observe(batch, {"T:0": offset})
                    batch.clear()
            await store.claim([Claim(digest("ada"), one.decision_id, position)])
            await store.keep([Keep(digest("ada"), one.decision_id, b"kept")])
        finally:
            await store.close()

    asyncio.run(feed())
    with Client.from_url(redis_server) as client:
        tag = f"{space}:{{0}}:".encode()
        found = list(client.scan_iter(tag + b"*", count=10_000))
        lives = client.pipeline(transaction=False)
        for key in found:
            lives.pttl(key)
        kept = dict(zip((key.removeprefix(tag) for key in found), lives.execute(), strict=True))
        assert {key for key, ttl in kept.items() if ttl < 0} == {b"marks", b"layouts"}
        checked = 0
        for entity in KINDS["login"].entities:
            plan = catalogue.plans[entity.name]
            prefix = plan.prefix.encode() + b":"
            keys = [key for key in kept if key.startswith(prefix)]
            checked += len(keys)
            longest = max(client.strlen(tag + key) for key in keys[:2_000])
            assert 0 < longest <= most_bytes(plan), entity.name
            lives_ms = [kept[key] for key in keys]
            assert (entity.horizon_s + MAX_LAG_S) * 1000 - 600_000 < min(lives_ms)
            assert max(lives_ms) <= (entity.horizon_s + MAX_LAG_S) * 1000
        assert checked > events
        rest = [key for key in kept if not key.startswith(b"login:") and key not in (b"marks", b"layouts")]
        assert sorted(key.partition(b":")[0] for key in rest) == [b"claim", b"keep"]
        assert client.hlen(tag + b"layouts") == sum(s.plan.whole is None for s in catalogue.sources)
        hot = ("account", "ada") if hot_account else ("ip", "192.0.2.1")
        plan = catalogue.plans[hot[0]]
        size = client.strlen(tag + plan.prefix.encode() + b":" + digest(hot[1]))
        # It is the full state that was measured.
        assert size > most_bytes(plan) / 2
