"""An actor as people name it, and what each kind keeps for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import click

from features.aggregations.state import EntityPlan
from features.catalogue import Catalogue
from features.cost import ENTRY, key_bytes, value_bytes
from features.entity import digest, everyone
from features.errors import KindError, StoreUnavailable
from features.spelling import canonical
from features.store.redis import RedisStore
from streams.settings import Settings
from streams.store import redis_store

T = TypeVar("T")
NAMED = click.argument("entity", metavar="ENTITY")


class StoreAway(click.ClickException):
    """Redis does not answer: the text says what to do."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Actor:
    """One entity of one kind: ``value`` as its verdicts show it."""

    catalogue: Catalogue
    entity: str
    value: str

    @property
    def kind(self) -> str:
        return self.catalogue.kind.name

    @property
    def digest(self) -> bytes:
        return digest(self.value)

    @property
    def plan(self) -> EntityPlan:
        return self.catalogue.plans[self.entity]


def actors(text: str, catalogues: Mapping[str, Catalogue]) -> list[Actor]:
    """One for each kind that has an entity of that name; raises KindError if none has."""
    name, equals, value = text.partition("=")
    if not equals or not value:
        raise click.UsageError(f"write an entity and its value, as in account=ada: {text!r} has no value")
    found = [
        Actor(catalogue, name, canonical(catalogue.kind, entity, value))
        for catalogue in catalogues.values()
        for entity in catalogue.kind.entities
        if entity.name == name
    ]
    if not found:
        known = sorted({entity.name for one in catalogues.values() for entity in one.kind.entities})
        raise KindError(f"there is no entity {name!r}: there are {', '.join(known)}")
    return found


def is_everyone(actor: Actor) -> bool:
    """Whether it stands for all events, and for nobody."""
    return any(e.name == actor.entity and e.by is everyone for e in actor.catalogue.kind.entities)


@dataclass(frozen=True, slots=True)
class Held:
    """``size``: bytes of Redis with key and entries; ``life_ms``: how long they stay."""

    size: int
    life_ms: int


async def held(store: RedisStore, actor: Actor) -> Held | None:
    """What Redis has of an actor; None: nothing."""
    found = await store.held(actor.digest, actor.plan.prefix)
    if found is None:
        return None
    key, value, life_ms = found
    return Held(key_bytes(key) + ENTRY + value_bytes(value), life_ms)


def with_store(settings: Settings, body: Callable[[RedisStore], Awaitable[T]]) -> T:
    """Run ``body``; raises StoreAway where Redis does not answer."""

    async def run() -> T:
        store = redis_store(settings)
        try:
            return await body(store)
        finally:
            await store.close()

    try:
        return asyncio.run(run())
    except StoreUnavailable as error:
        raise StoreAway(
            f"Redis does not answer ({error}): is it running (weir services up), and is WEIR_REDIS right?"
        ) from None
