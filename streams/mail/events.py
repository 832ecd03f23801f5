"""Raw mails to event and label records: one valid event for each, whatever the mail is like."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import msgspec

from features.event import decision_id, to_rfc3339
from streams.mail.dates import moment_ms, received_ms
from streams.mail.headers import split_message
from streams.mail.message import mail_fields
from streams.mail.text import clean
from streams.wire import LabelData, encode_event, encode_label

SOURCE = "import/mail"
KIND = "mail"
_GOOD = frozenset({"ham", "legit"})
_LONGEST_ID = 1024
_NEEDED = ("account", "direction")


@dataclass(frozen=True, slots=True)
class RawMail:
    """A mail as its source has it: ``ts`` and ``label`` are what the source says about it, of any type, or None."""

    id: str
    raw: bytes
    ts: object = None
    label: object = None


@dataclass(frozen=True, slots=True)
class ConvertedMail:
    event: bytes
    label: bytes | None


class MailConverter:
    """Converts mails one after the other: one without any date has the time of the mail before it.

    ``account``: of all mails, instead of the one that each names. ``latest_ms``: headers that claim to be later
    are not believed. No event is longer than ``longest`` bytes: its longest fields are cut until it fits.
    """

    def __init__(self, longest: int, account: str | None = None, latest_ms: int | None = None) -> None:
        self._longest = longest
        self._account = account
        self._latest_ms = latest_ms
        self._previous_ms = 0

    def convert(self, mail: RawMail) -> ConvertedMail:
        message = split_message(mail.raw)
        time_ms = moment_ms(mail.ts)
        if time_ms is None:
            time_ms = received_ms(message, self._latest_ms)
        if time_ms is None:
            time_ms = self._previous_ms
        self._previous_ms = time_ms
        event_id = _event_id(mail.id)
        fields = msgspec.to_builtins(mail_fields(message, len(mail.raw), self._account))
        event = self._encode(event_id, time_ms, fields)
        return ConvertedMail(event, _label(event_id, time_ms, mail.label))

    def _encode(self, event_id: str, time_ms: int, fields: dict[str, Any]) -> bytes:
        record = encode_event(KIND, event_id, SOURCE, time_ms, fields)
        while len(record) > self._longest:
            longest = max(fields, key=lambda name: len(msgspec.json.encode(fields[name])))
            value = fields[longest]
            if longest in _NEEDED or not isinstance(value, str | list):
                break
            fields[longest] = value[: len(value) // 2]
            record = encode_event(KIND, event_id, SOURCE, time_ms, fields)
        return record


def _event_id(given: str) -> str:
    text = clean(given)
    if 0 < len(text) <= _LONGEST_ID:
        return text
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _label(event_id: str, time_ms: int, given: object) -> bytes | None:
    """Anything but ham or legit is abuse; nothing is no label."""
    if given is None or given == "":
        return None
    data = LabelData(
        event_id=event_id,
        event_source=SOURCE,
        kind=KIND,
        label="legit" if str(given).strip().lower() in _GOOD else "abuse",
        by="analyst",
        labeller="import",
        event_time=to_rfc3339(time_ms),
    )
    return encode_label(decision_id(KIND, SOURCE, event_id), SOURCE, time_ms, data)
