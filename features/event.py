"""An event, its identity, and the one strict door through which records become events."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec

from features.address import packed_ip
from features.errors import InvalidEvent
from features.fields import whole_number_fields
from features.kind import Fields, Kind

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_FIRST_MS = -62_135_596_800_000
LAST_MS = 253_402_300_799_999
# From the first quote to the last: a quoted value may hold quotes of its own.
_QUOTED = re.compile(r"['\"].*['\"]", re.DOTALL)
_MOST_WHOLE = 2**53

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]


class Envelope(msgspec.Struct):
    """CloudEvents 1.0, structured JSON: what stands around the data of every record."""

    specversion: str
    id: Name
    source: Name
    type: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
    time: Annotated[datetime, msgspec.Meta(tz=True)]
    data: msgspec.Raw


@dataclass(frozen=True, slots=True)
class Event:
    """Something that an actor did. ``time_ms``: event time since 1970, rounded to microseconds, then cut."""

    kind: Kind
    source: str
    id: str
    time_ms: int
    data: Any
    decision_id: str

    @property
    def partition_key(self) -> str:
        return str(getattr(self.data, self.kind.partition_key))


def decision_id(kind: str, source: str, event_id: str) -> str:
    """The id of the one decision about an event: a hash of (kind, source, id), 32 hexadecimal digits."""
    return hashlib.blake2b(msgspec.json.encode([kind, source, event_id]), digest_size=16).hexdigest()


def to_milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MILLISECOND


def to_rfc3339(time_ms: int) -> str:
    """Milliseconds since 1970 as UTC, always with three decimals."""
    text = (_EPOCH + timedelta(milliseconds=time_ms)).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def open_envelope(record: bytes | None, longest: int) -> Envelope:
    """Decode what every record has in common; raises InvalidEvent."""
    if not record:
        raise InvalidEvent("empty", "the record has no value")
    if len(record) > longest:
        raise InvalidEvent("oversized", f"the record has {len(record)} bytes, the limit is {longest}")
    try:
        str(record, "utf-8")
    except UnicodeDecodeError as error:
        raise InvalidEvent("encoding", f"not UTF-8 at byte {error.start}") from None
    try:
        envelope = _envelopes.decode(record)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise _invalid(error, "envelope", "$") from None
    if envelope.specversion != "1.0":
        raise InvalidEvent("specversion", "specversion is not 1.0")
    if not _FIRST_MS <= to_milliseconds(envelope.time) <= LAST_MS:
        raise InvalidEvent("time", "the time is in no year from 1 to 9999 UTC - at `$.time`")
    return envelope


class EventDecoder:
    """Decodes the records of one kind's topic; what comes out is trusted from then on.

    An empty text in an optional field counts as absent.
    ``unknown_fields`` counts the fields of valid records that the kind does not know (they are ignored).
    """

    def __init__(self, kind: Kind, longest: int, max_future_s: int) -> None:
        self.kind = kind
        self._longest = longest
        self._max_future_ms = max_future_s * 1000
        self._data: msgspec.json.Decoder[Fields] = msgspec.json.Decoder(kind.fields)
        self._keys: msgspec.json.Decoder[dict[str, msgspec.Raw]] = msgspec.json.Decoder(dict[str, msgspec.Raw])
        self._names = frozenset(kind.fields.__struct_encode_fields__)
        self._optional = [info.name for info in msgspec.structs.fields(kind.fields) if not info.required]
        self._wide = [name for name, bounded in whole_number_fields(kind.fields).items() if not bounded]
        self.unknown_fields = 0

    def decode(self, record: bytes | None, append_ms: int | None = None) -> Event:
        """Bytes to an Event; raises InvalidEvent.

        ``append_ms``: when Kafka appended the record; None offline, where no time is in the future.
        """
        envelope = open_envelope(record, self._longest)
        if envelope.type != self.kind.name:
            raise InvalidEvent("kind", f"the record's type is not {self.kind.name!r}, its topic's kind")
        time_ms = to_milliseconds(envelope.time)
        if append_ms is not None and time_ms > append_ms + self._max_future_ms:
            raise InvalidEvent("future", f"time is over {self._max_future_ms // 1000} s after the record's append")
        try:
            data = self._data.decode(envelope.data)
        except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
            raise _invalid(error, "field", "$.data") from None
        for name in self._optional:
            if getattr(data, name) == "":
                msgspec.structs.force_setattr(data, name, None)
        for name in self.kind.ips:
            value = getattr(data, name)
            if value and packed_ip(value) is None:
                raise InvalidEvent("field", f"not an IP address - at `$.data.{name}`")
        for name in self._wide:
            if abs(getattr(data, name) or 0) >= _MOST_WHOLE:
                raise InvalidEvent("field", f"not below 2^53 - at `$.data.{name}`")
        if getattr(data, self.kind.partition_key) == "":
            raise InvalidEvent("field", f"empty - at `$.data.{self.kind.partition_key}`")
        self.unknown_fields += len(self._keys.decode(envelope.data).keys() - self._names)
        return Event(
            self.kind,
            envelope.source,
            envelope.id,
            time_ms,
            data,
            decision_id(self.kind.name, envelope.source, envelope.id),
        )


def public_fields(event: Event) -> dict[str, Any]:
    """The event's fields that are present and not private text, in declared order."""
    return dict(_present(event))


def _present(event: Event) -> Iterator[tuple[str, Any]]:
    private = event.kind.private
    for name in event.kind.fields.__struct_fields__:
        if name not in private:
            value = getattr(event.data, name)
            if value is not None:
                yield name, value


def _invalid(error: Exception, reason: str, root: str) -> InvalidEvent:
    """Say what is wrong and where, but repeat nothing that the record contains."""
    if isinstance(error, RecursionError):
        return InvalidEvent("json", "nested too deeply")
    if isinstance(error, UnicodeError):
        return InvalidEvent("encoding", "a string is not UTF-8")
    text = _QUOTED.sub("…", str(error))
    if not isinstance(error, msgspec.ValidationError):
        return InvalidEvent("json", text)
    if "at `$.time`" in text or "datetime" in text:
        reason = "time" if root == "$" else reason
    message, _, path = text.rpartition(" - at `$")
    return InvalidEvent(reason, f"{message} - at `{root}{path}" if message else f"{text} - at `{root}`")


_envelopes = msgspec.json.Decoder(Envelope)
