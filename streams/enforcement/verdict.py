"""What folding needs of a verdict: the rest of the record, most of it, is not even decoded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from features.event import to_milliseconds
from models.actions import RANK, REVIEW, Action
from streams.enforcement.record import OWN_KEY, Enforced, target_key
from streams.wire import OFFSET_HEADER, PARTITION_HEADER, TOPIC_ID_HEADER, Headers


class _Event(msgspec.Struct):
    kind: str


class _Data(msgspec.Struct):
    event: _Event
    action: Action
    target: str
    entities: dict[str, str]
    corrects: str | None = None
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class _Verdict(msgspec.Struct):
    id: str
    type: Literal["verdict"]
    data: _Data


@dataclass(frozen=True, slots=True)
class Decided:
    """A verdict as folding sees it. ``target``: the key of what it is about, None if it has no such entity.

    ``corrects``: the id of the decision that it takes the place of; ``enforced``: what it enforces, if anything.
    """

    id: str
    target: str | None
    corrects: str | None
    enforced: Enforced | None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a verdict's event stands: ``source`` names the partitions of both, ``offset`` is the event's."""

    source: str
    offset: int


def decode_decided(record: bytes) -> Decided:
    """Bytes to what folding needs; raises msgspec.MsgspecError (or UnicodeError) for what is no verdict."""
    verdict = _decoder.decode(record)
    data = verdict.data
    enforced = None
    if RANK[data.action] > RANK[REVIEW]:
        expires_ms = None if data.expires_at is None else to_milliseconds(data.expires_at)
        decision, correction = (verdict.id, None) if data.corrects is None else (data.corrects, verdict.id)
        enforced = Enforced(decision, data.event.kind, data.action, expires_ms, correction)
    return Decided(verdict.id, _target(data), data.corrects, enforced)


def _target(data: _Data) -> str | None:
    value = data.entities.get(data.target)
    if not value or not data.target or "=" in data.target or data.target.startswith(OWN_KEY):
        return None
    return target_key(data.target, value)


def read_source(place: str, headers: Headers | None) -> Origin | None:
    """The event's place by the record's headers; None without them: some other writer's verdict, known by id only.

    ``place``: the partition of verdicts, with its topic's id.
    """
    found: dict[str, Any] = dict(headers or ())
    try:
        topic_id = str(found[TOPIC_ID_HEADER], "utf-8", "replace")
        return Origin(f"{place}<{topic_id}:{int(found[PARTITION_HEADER])}", int(found[OFFSET_HEADER]))
    except (KeyError, ValueError, TypeError):
        return None


_decoder = msgspec.json.Decoder(_Verdict)
