"""Decisions without the store, where the policy does not wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from support.deciding import Worker, actions, bundle_of
from support.events import T0

from features.errors import StoreUnavailable
from features.store.contract import Observation, Observed
from features.store.memory import MemoryStore
from models.policy import Escalation, Policy, WithoutFeatures

STRICT = ("strict", "not success", "block")


class Half(MemoryStore):
    """Claims, and then may be away."""

    away = False

    async def observe(self, observations: Sequence[Observation], ends: Mapping[str, int]) -> list[Observed]:
        if self.away:
            raise StoreUnavailable("tests")
        return await super().observe(observations, ends)


def test_what_was_decided_is_not_decided_again_when_the_store_goes_away_behind_its_claims() -> None:
    bundle = bundle_of(Policy(without_features=WithoutFeatures("closed", "block", 0.0)), STRICT)

    async def body() -> None:
        store = Half()
        worker = Worker(store, bundle)
        known = worker.login("a", account="ada", success=True)
        first = await worker.decide(known)
        store.away = True
        again = await Worker(store, bundle).decide(known, worker.login("b", account="bob", success=True))
        assert again[0] == first[0]
        assert actions(again) == ["allow", "block"]

    asyncio.run(body())


def test_decisions_without_features_escalate_nothing_in_a_micro_batch_as_one_by_one() -> None:
    policy = Policy(
        without_features=WithoutFeatures("closed", "challenge", 0.0),
        escalation=(Escalation("challenge", 2, "1h", "block"),),
    )

    async def body() -> None:
        store = Half()
        store.away = True
        worker = Worker(store, bundle_of(policy, STRICT))
        made = await worker.decide(*(worker.login(f"a{n}", T0 + n, account="ada", success=True) for n in range(3)))
        assert actions(made) == ["challenge"] * 3
        assert not any(one.data.facts.escalation for one in made)

    asyncio.run(body())
