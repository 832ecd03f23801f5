"""Budgets and escalation as workers keep them: across workers and restarts, each decision once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import redis.asyncio as aioredis
from support.deciding import Worker, actions, bundle_of
from support.events import T0

from features.store.contract import Store
from features.store.memory import MemoryStore
from features.store.redis import RedisStore
from models.facts import OVERALL
from models.policy import Budget, Escalation, Policy

STRICT = ("strict", "not success", "block")
TRIPPED = "tripped/login/strict"

MakeStore = Callable[[], Awaitable[Store]]


@pytest.fixture(params=["memory", "redis"])
def run(request: pytest.FixtureRequest, redis_server: str) -> Callable[[Callable[[Store], Awaitable[None]]], None]:
    def go(body: Callable[[Store], Awaitable[None]]) -> None:
        async def on_store() -> None:
            store: Store = MemoryStore()
            if request.param == "redis":
                client = aioredis.from_url(redis_server)
                await client.flushdb()
                store = RedisStore(client, shards=4)
            await body(store)
            await store.close()

        asyncio.run(on_store())

    return go


Run = Callable[[Callable[[Store], Awaitable[None]]], None]


def test_a_rule_that_has_used_up_its_budget_asks_for_a_review_until_somebody_resets_it(run: Run) -> None:
    bundle = bundle_of(
        Policy(budgets=(Budget("1h", rule="strict", most=5),)), STRICT, ("other", "country == 'ZZ'", "challenge")
    )

    async def body(store: Store) -> None:
        worker = Worker(store, bundle)
        made = []
        for number in range(8):
            made += await worker.decide(worker.login(f"a{number}", account=f"u{number}", success=False))
        assert actions(made) == ["block"] * 5 + ["review"] * 3
        assert made[5].data.facts.tripped == ("strict",)
        assert made[5].data.policy == ("rule strict asks for block; its budget is used up: review",)
        assert [key for key, _ in worker.control] == [TRIPPED]
        # Hours later nothing counts any more, and it is still used up: until somebody says so.
        later = T0 + 10 * 3_600_000
        (much_later,) = await worker.decide(worker.login("b", later, account="bob", success=False))
        assert much_later.data.action == "review"
        # A worker that starts anew reads it on the control topic.
        again = Worker(store, bundle, partition=1)
        again.standing.on_control(*worker.control[0])
        (still,) = await again.decide(again.login("c", later, account="eve", success=False))
        assert still.data.action == "review"
        again.standing.on_control("budget-reset/login/strict", b'{"reset_ms":5}')
        (free,) = await again.decide(again.login("d", later, account="joe", success=False))
        assert (free.data.action, free.data.facts.tripped) == ("block", ())

    run(body)


def test_a_budget_holds_over_all_workers_and_is_passed_by_a_micro_batch_each_at_most(run: Run) -> None:
    bundle = bundle_of(Policy(budgets=(Budget("1h", most=20),)), STRICT)
    size = 4

    async def body(store: Store) -> None:
        workers = [Worker(store, bundle, partition) for partition in range(3)]
        blocked = 0
        for turn in range(12):
            for worker in workers:
                batch = [
                    worker.login(f"{turn}-{n}", account=f"{turn}-{n}-{id(worker)}", success=False)
                    for n in range(size)
                ]
                blocked += actions(await worker.decide(*batch)).count("block")
        assert 20 <= blocked < 20 + len(workers) * size
        assert {key for worker in workers for key, _ in worker.control} == {f"tripped/login/{OVERALL}"}

    run(body)


def test_a_redelivered_decision_moves_a_budget_once(run: Run) -> None:
    bundle = bundle_of(Policy(budgets=(Budget("1h", rule="strict", most=3),)), STRICT)

    async def body(store: Store) -> None:
        worker = Worker(store, bundle)
        records = [worker.login(f"a{n}", account=f"u{n}", success=False) for n in range(2)]
        first = await worker.decide(*records)
        for _ in range(4):
            # As after a crash before anything was acknowledged: another process, the same records.
            assert await Worker(store, bundle).decide(*records) == first
        made = await worker.decide(worker.login("b", account="x", success=False))
        assert actions(made) == ["block"]

    run(body)


def test_a_share_of_the_traffic_is_a_budget_too(run: Run) -> None:
    bundle = bundle_of(Policy(budgets=(Budget("1h", share=0.1, at_least=10),)), STRICT)

    async def body(store: Store) -> None:
        worker = Worker(store, bundle)
        quiet = [worker.login(f"q{n}", account=f"q{n}", success=True) for n in range(150)]
        await worker.decide(*quiet)
        made = []
        for number in range(20):
            made += await worker.decide(worker.login(f"a{number}", account=f"u{number}", success=False))
        # The 17th is met by 16 of 166, still under a tenth; after it 17 of 167 are over it.
        assert actions(made) == ["block"] * 17 + ["review"] * 3

    run(body)


def test_the_third_challenge_of_an_account_in_a_day_becomes_a_block(run: Run) -> None:
    escalation = Escalation("challenge", 3, "24h", "block")
    bundle = bundle_of(Policy(escalation=(escalation,)), ("ask", "not success", "challenge"))

    async def body(store: Store) -> None:
        worker = Worker(store, bundle)
        times = (T0, T0 + 1000, T0 + 2000, T0 + 86_400_500, T0 + 86_401_500)
        alone = []
        for number, time_ms in enumerate(times):
            alone += await worker.decide(worker.login(f"a{number}", time_ms, account="ada", success=False))
        # The fourth is met by the two that are less than a day old; the fifth by the third and the fourth.
        assert actions(alone) == ["challenge", "challenge", "block", "block", "block"]
        assert alone[2].data.facts.escalation == {"challenge": (alone[0].id, alone[1].id)}
        (other,) = await worker.decide(worker.login("b", T0 + 3000, account="bob", success=False))
        assert other.data.action == "challenge"
        # In one micro-batch the same comes out.
        batch = [worker.login(f"c{n}", T0 + n, account="eve", success=False) for n in range(4)]
        assert actions(await worker.decide(*batch)) == ["challenge", "challenge", "block", "block"]

    run(body)


def test_a_decision_that_is_made_once_more_does_not_escalate_itself(redis_server: str) -> None:
    """As after a crash of which a worker comes back when its verdicts are not kept any more."""
    bundle = bundle_of(Policy(escalation=(Escalation("challenge", 3, "24h", "block"),)), ("ask", "True", "challenge"))

    async def body() -> None:
        client = aioredis.from_url(redis_server)
        await client.flushdb()
        store = RedisStore(client, keep_s=1)
        worker = Worker(store, bundle)
        records = [worker.login(f"a{n}", T0 + n, account="ada") for n in range(2)]
        first = await worker.decide(*records)
        await asyncio.sleep(1.2)
        again = await Worker(store, bundle).decide(*records)
        assert actions(again) == actions(first) == ["challenge", "challenge"]
        assert [one.data.facts.escalation for one in again] == [{}, {"challenge": (first[0].id,)}]
        assert actions(await worker.decide(worker.login("b", T0 + 5, account="ada"))) == ["block"]
        await store.close()

    asyncio.run(body())
