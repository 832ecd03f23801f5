"""A record of an event topic as decide takes it, whatever engine brought it."""

from __future__ import annotations

from dataclasses import dataclass

from streams.wire import RecordRef


@dataclass(frozen=True, slots=True)
class Record:
    key: bytes | None
    value: bytes | None
    where: RecordRef
