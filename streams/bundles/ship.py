"""Putting bundles in force: in one transaction, which fails where somebody else was quicker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from features.errors import WeirError
from models.bundle import Bundle
from models.errors import RuleError
from streams.bundles.shelf import Now
from streams.bundles.wire import (
    MOST_SHIPMENTS,
    Current,
    Shipment,
    bundle_key,
    current_key,
    encode_bundle,
    encode_current,
)
from streams.clients.announce import announce
from streams.clients.control_state import read_control
from streams.kafka import producer_config
from streams.settings import Settings
from streams.topics import CONTROL

log = structlog.get_logger()
_TIMEOUT_S = 30


class ShippingError(WeirError):
    """Nothing was put in force; the text says why, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The bundle ``hash``, sent as ``value``, shall be in force for a kind. ``now``: how the kind stands before."""

    hash: str
    value: bytes
    now: Now


def ship(
    settings: Settings, changes: Sequence[Change], *, by: str, note: str, rollback: bool = False
) -> dict[str, Current]:
    """Put these bundles in force, all or none; returns when they stand on the control topic, by kind.

    Raises ShippingError, also where somebody else changed a kind meanwhile. What is replaced is sent too if control
    does not have it, so that there is always a way back.
    """
    values: dict[str, bytes] = {}
    for change in changes:
        values |= {bundle_key(change.now.hash): change.now.unsent} if change.now.unsent is not None else {}
        values[bundle_key(change.hash)] = change.value
    producer = Producer(_config(settings))
    begun = False
    try:
        # From here on whoever began to ship before cannot end it: what is read now stays so until we commit.
        producer.init_transactions(_TIMEOUT_S)
        _refuse_if_changed(read_control(settings), changes)
        producer.begin_transaction()
        begun = True
        topic = settings.topic(CONTROL)
        # One by one: a batch of several might be larger than the topic takes.
        at_ms = max(_send(producer, topic, key, value) for key, value in values.items())
        after = {change.now.kind: _after(change, at_ms, by, note, rollback) for change in changes}
        for kind, current in after.items():
            _send(producer, topic, current_key(kind), encode_current(current))
        producer.commit_transaction(_TIMEOUT_S)
    except KafkaException as error:
        with suppress(KafkaException):
            if begun:
                producer.abort_transaction(_TIMEOUT_S)
        raise ShippingError(_why(error.args[0])) from None
    return after


def announce_shipped(settings: Settings, bundles: Iterable[Bundle]) -> None:
    """Put what ships with a worker on the control topic, where it can be found by its hash as long as there is one.

    It is what judges until something is published, so a failure is said and nothing else.
    """
    for bundle in bundles:
        try:
            announce(settings, {bundle_key(bundle.hash): encode_bundle(bundle)})
        except (KafkaException, RuleError) as error:
            why = error.args[0].name() if isinstance(error, KafkaException) else str(error)
            log.error(
                "bundle_not_announced", kind=bundle.text.kind, bundle=bundle.hash, why=why, doing="judging with it"
            )


def _config(settings: Settings) -> dict[str, Any]:
    name = f"{settings.topic_prefix}{settings.namespace}-ship"
    return producer_config(settings, name) | {
        # One for all: Kafka then lets only the last that began commit.
        "transactional.id": name,
        # A command that is killed must not hold back the readers of the topic for long.
        "transaction.timeout.ms": 10_000,
        "message.timeout.ms": 10_000,
        # What is sent is awaited at once.
        "linger.ms": 0,
    }


def _refuse_if_changed(control: Mapping[str, bytes], changes: Iterable[Change]) -> None:
    for change in changes:
        kind = change.now.kind
        if control.get(current_key(kind)) != change.now.seen:
            raise ShippingError(
                f"somebody else changed what is in force for {kind} meanwhile, nothing was sent: see "
                f"'weir rules history --kind {kind}', and begin again"
            )


def _send(producer: Producer, topic: str, key: str, value: bytes) -> int:
    """Await the delivery; when the broker appended it, in ms since 1970. Raises KafkaException."""
    appended_ms: list[int] = []
    refused: list[KafkaError] = []

    def delivered(error: KafkaError | None, message: Message) -> None:
        if error is None:
            appended_ms.append(message.timestamp()[1])
        else:
            refused.append(error)

    producer.produce(topic, value, key.encode(), partition=0, on_delivery=delivered)
    try:
        producer.flush()
    except SystemError as error:
        # How confluent-kafka tells of a fatal error, such as being fenced, that it meets on the way to a callback.
        if isinstance(error.__cause__, KafkaException):
            raise error.__cause__ from None
        raise
    if refused:
        raise KafkaException(refused[0])
    return appended_ms[0]


def _after(change: Change, at_ms: int, by: str, note: str, rollback: bool) -> Current:
    now = change.now
    newest = Shipment(hash=change.hash, at_ms=at_ms, by=by, note=note, replaced=now.hash, rollback=rollback)
    return Current(hash=change.hash, history=(newest, *now.history)[:MOST_SHIPMENTS])


def _why(error: KafkaError) -> str:
    if error.code() in (KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH):
        return "somebody else is shipping rules at this moment, nothing was put in force: see 'weir rules history'"
    if error.code() == KafkaError.MSG_SIZE_TOO_LARGE:
        return "the control topic takes no record so large: see its max.message.bytes in 'weir topics apply'"
    return f"Kafka did not take it ({error.name()}): see 'weir rules history', and begin again"
