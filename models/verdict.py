"""The verdict: what was decided about an event, why, and on what; its bytes are a pure function of these."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, Literal

import msgspec

from models.facts import Facts

SOURCE = "weir"
TYPE = "verdict"
_DIGEST = b',"digest":"'


class EventRef(msgspec.Struct, frozen=True):
    """The identity of the event that was decided."""

    kind: str
    source: str
    id: str


class Score(msgspec.Struct, frozen=True, omit_defaults=True):
    """One model's score, from 0 to 1, high means abuse.

    ``warming``: the model has not learned enough, so its score does not count whatever its role is.
    """

    model: str
    version: str
    score: float
    role: str
    warming: bool = False


class Reason(msgspec.Struct, frozen=True, omit_defaults=True):
    """A rule that fired: its words, the values that it saw, the limits in its condition, the action it asks for.

    ``mode``: a "shadow" rule counts for nothing.
    """

    rule: str
    text: str
    observed: dict[str, Any]
    limit: dict[str, Any]
    action: str
    mode: Literal["live", "shadow"] = "live"


class VerdictData(msgspec.Struct, frozen=True, kw_only=True):
    """``policy``: what the policy made of rules and score, in words, a step each."""

    event: EventRef
    fields: dict[str, Any]
    entities: dict[str, str]
    action: str
    target: str
    score: float | None
    scores: tuple[Score, ...]
    reasons: tuple[Reason, ...]
    policy: tuple[str, ...]
    # A whole number stays one when it is read back, so that the same bytes come of it.
    features: dict[str, int | float]
    facts: Facts
    bundle: str
    schema: str
    reference: str
    history_s: float
    degraded: tuple[str, ...]
    corrects: str | msgspec.UnsetType = msgspec.UNSET
    expires_at: str | msgspec.UnsetType = msgspec.UNSET
    digest: str | msgspec.UnsetType = msgspec.UNSET


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The wire form. ``id`` is the decision id, ``time`` the event's time."""

    specversion: str = "1.0"
    id: str
    source: str = SOURCE
    type: str = TYPE
    time: str
    data: VerdictData


def encode(verdict: Verdict) -> bytes:
    """The record's bytes: JSON whose last entry is the digest of all that stands before it."""
    body = _encoder.encode(verdict)
    return b"".join((body[:-2], _DIGEST, _digest(body).encode(), b'"}}'))


def decode(record: bytes) -> Verdict:
    """Bytes to a Verdict; raises msgspec.MsgspecError (or UnicodeError) for what is none."""
    return _decoder.decode(record)


def is_intact(record: bytes) -> bool:
    """Whether the digest in a verdict's bytes fits the rest of them."""
    at = record.rfind(_DIGEST)
    if at < 0 or not record.endswith(b'"}}'):
        return False
    return record[at + len(_DIGEST) : -3].decode("ascii", "replace") == _digest(record[:at] + b"}}")


def _digest(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def event_time(verdict: Verdict) -> datetime:
    return datetime.fromisoformat(verdict.time)


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Verdict)
