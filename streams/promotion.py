"""Making a model the champion of its kind, or going back: in one transaction, which fails if another was quicker."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer

from features.errors import WeirError
from models.errors import ModelError
from streams.champions import (
    Champion,
    Promotion,
    champion_key,
    decode_history,
    encode_history,
    history_key,
    parse_champion,
)
from streams.clients.control_state import read_control
from streams.kafka import producer_config
from streams.settings import Settings
from streams.topics import CONTROL

_TIMEOUT_S = 30


class PromotionError(WeirError):
    """The champion is as it was; the text says why, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a kind stands. ``history``: newest first; ``seen``: the bytes of the records of champion and history, None
    where there is none; ``wrong``: what cannot be read of them, in words."""

    kind: str
    champion: Champion
    history: tuple[Promotion, ...]
    seen: tuple[bytes | None, bytes | None]
    wrong: tuple[str, ...] = ()


def standing_of(kind: str, control: Mapping[str, bytes], default: str) -> Standing:
    """``default``: the champion where nobody promoted one, or where nobody can read which."""
    seen = _seen(kind, control)
    champion, wrong = Champion(default), []
    history: tuple[Promotion, ...] = ()
    try:
        champion = champion if seen[0] is None else parse_champion(seen[0])
    except ModelError as error:
        wrong.append(f"the record of {kind}'s champion cannot be read: {error}")
    try:
        history = decode_history(seen[1])
    except ModelError as error:
        wrong.append(f"{kind}: {error}")
    return Standing(kind=kind, champion=champion, history=history, seen=seen, wrong=tuple(wrong))


def _seen(kind: str, control: Mapping[str, bytes]) -> tuple[bytes | None, bytes | None]:
    return control.get(champion_key(kind)), control.get(history_key(kind))


def crown(settings: Settings, before: Standing, promotion: Promotion) -> None:
    """Make ``promotion.champion`` the champion; returns when it stands on control. Raises PromotionError."""
    producer = Producer(_config(settings))
    begun = False
    try:
        # From here on whoever began before cannot end it: what is read now stays so until we commit.
        producer.init_transactions(_TIMEOUT_S)
        if _seen(before.kind, read_control(settings)) != before.seen:
            raise PromotionError(
                f"somebody else changed the champion of {before.kind} meanwhile, nothing was done: see "
                f"'weir models list --kind {before.kind}', and begin again"
            )
        producer.begin_transaction()
        begun = True
        topic = settings.topic(CONTROL)
        history = encode_history((promotion, *before.history))
        producer.produce(topic, history, history_key(before.kind).encode(), partition=0)
        producer.produce(topic, str(promotion.champion).encode(), champion_key(before.kind).encode(), partition=0)
        producer.commit_transaction(_TIMEOUT_S)
    except KafkaException as error:
        with suppress(KafkaException):
            if begun:
                producer.abort_transaction(_TIMEOUT_S)
        raise PromotionError(_why(error.args[0], before.kind)) from None


def way_back(before: Standing) -> Champion | None:
    """What a rollback goes back to: what the newest promotion that was no rollback replaced; None: nothing.

    After a rollback the next one goes a step further back, and never to what is the champion already.
    """
    undone = 0
    for promotion in before.history:
        if promotion.rollback:
            undone += 1
        elif undone:
            undone -= 1
        elif promotion.replaced != before.champion:
            return promotion.replaced
    return None


def _config(settings: Settings) -> dict[str, Any]:
    name = f"{settings.topic_prefix}{settings.namespace}-promotion"
    return producer_config(settings, name) | {
        "transactional.id": name,
        "transaction.timeout.ms": 10_000,
        "message.timeout.ms": 10_000,
        "linger.ms": 0,
    }


def _why(error: KafkaError, kind: str) -> str:
    see = f"see 'weir models list --kind {kind}'"
    if error.code() in (KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH):
        return f"somebody else is promoting a model at this moment, nothing was done: {see}"
    return f"Kafka did not take it ({error.name()}): {see}, and begin again"
