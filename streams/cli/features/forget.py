"""``weir features forget``: erases what is known of an actor, for good."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import click
import msgspec
import structlog
from confluent_kafka import KafkaException

from features.errors import WeirError
from features.store.redis import RedisStore
from streams.cli.features.actor import NAMED, Actor, Held, actors, held, is_everyone, with_store
from streams.cli.features.known import catalogues_of
from streams.cli.kafka import KafkaAway, await_kafka, quiet_admin
from streams.clients.announce import announce
from streams.forgotten import Forgetting, forgotten_key
from streams.logs import configure_logs
from streams.settings import Settings, load_settings
from streams.topics import CONTROL

log = structlog.get_logger()
# Workers learn of it within a second; what one of them added meanwhile is erased again.
_TRIES = 5


@click.command()
@NAMED
@click.pass_context
def forget(ctx: click.Context, entity: str) -> None:
    """Erase what is known of an actor, as in account=ada, in all kinds; it stays forgotten when Redis is rebuilt.

    The value is the one that verdicts show; other spellings of addresses, mailboxes and domains are understood.
    First the control topic is told, by hash, so that whoever reads events again leaves out those from before; then
    the states are erased, and read once more to prove it. New events make a newcomer. Exit code 1 if events that came
    meanwhile have already made one, or if nothing was known under this value: then it may be misspelled.

    Not erased: the same value under other names (an account that also invited others is inviter=…: forget that too);
    the value's hash in sets of others, such as the accounts of an address, until they age out, at the latest with
    that entity's horizon; events in Kafka until their retention ends; verdicts in Kafka and Elasticsearch; what
    models have learned. A kept verdict in Redis lives for keep_s.
    """
    settings = load_settings()
    configure_logs(settings, "features")
    found = actors(entity, catalogues_of(None))
    if any(map(is_everyone, found)):
        raise WeirError(f"{found[0].entity} stands for all events, and for no actor: nothing is forgotten")
    before = with_store(settings, lambda store: _held(store, found))
    _announce(settings, found)
    left = with_store(settings, lambda store: _erase(store, found))
    erased = [one for one in before if one is not None]
    log.info("entity_forgotten", entity=found[0].entity, states=len(erased), bytes=sum(one.size for one in erased))
    for actor, one, still in zip(found, before, left, strict=True):
        name = f"{actor.kind}: {actor.entity}={actor.value}"
        what = "nothing was known" if one is None else f"1 state of {one.size:,} bytes erased"
        click.echo(
            f"{name}: {what}; " + ("nothing is left" if still is None else "new events have made it known anew")
        )
    click.echo(
        "Told to all workers: earlier events count no more, also when the store is rebuilt. Of kinds that are not "
        "listed here (see WEIR_KINDS_FOLDERS) the workers that know them erase it."
    )
    if not erased:
        # Without the value, which does not belong into what may be kept as a log.
        click.echo(
            f"weir features forget: NOTHING WAS KNOWN under this value of {found[0].entity}, in any kind, so nothing "
            "was erased. Check the spelling: it has to be the value that verdicts show.",
            err=True,
        )
    ctx.exit(1 if any(left) or not erased else 0)


def _announce(settings: Settings, found: Sequence[Actor]) -> None:
    """Tell the control topic, and return when it is there; raises KafkaAway, and nothing is erased yet."""
    admin = quiet_admin(settings)
    await_kafka(admin, settings.kafka)
    if settings.topic(CONTROL) not in admin.list_topics(timeout=10).topics:
        raise KafkaAway(f"topic {settings.topic(CONTROL)} is missing: run 'weir topics apply'")
    at_ms = int(time.time() * 1000)
    keys = sorted({forgotten_key((actor.entity, actor.digest)) for actor in found})
    try:
        # Which records came before is a matter of the brokers' clock, and the first answer tells what that says.
        appended_ms = announce(settings, {key: msgspec.json.encode(Forgetting(at_ms)) for key in keys})
        announce(settings, {key: msgspec.json.encode(Forgetting(at)) for key, at in appended_ms.items()})
    except KafkaException as error:
        raise KafkaAway(f"Kafka did not take it ({error.args[0].name()}): nothing is erased yet, try again") from None


async def _held(store: RedisStore, found: Sequence[Actor]) -> list[Held | None]:
    return [await held(store, actor) for actor in found]


async def _erase(store: RedisStore, found: Sequence[Actor]) -> list[Held | None]:
    """Erase, and what is there afterwards."""
    left: list[Held | None] = []
    for _ in range(_TRIES):
        for actor in found:
            await store.forget(actor.digest, [actor.plan.prefix])
        left = await _held(store, found)
        if not any(left):
            break
        await asyncio.sleep(1)
    return left
