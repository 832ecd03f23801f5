"""Folding: from verdicts and corrections, in any order of partitions, to what is enforced. No Kafka, no clock."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TypeVar

import msgspec

from streams.enforcement.record import (
    CORRECTED_KEY,
    OWN_KEY,
    READ_KEY,
    SOURCE_KEY,
    Corrected,
    Enforced,
    Position,
    bounded,
    decode_enforcement,
    encode_enforcement,
)
from streams.enforcement.verdict import Decided, Origin

_MOST_CORRECTIONS = 16
_POSITIONS = (READ_KEY, SOURCE_KEY)
_T = TypeVar("_T")


class Result(Enum):
    """What became of a verdict."""

    ENFORCED = "enforced"
    NOT_ENFORCED = "not_enforced"
    CORRECTION = "correction"
    REPEATED = "repeated"
    # Of a decision whose correction was met first.
    CORRECTED = "corrected"
    EXPIRED = "expired"
    # Of a target that somebody has protected since, or that the deciding worker did not know to be protected.
    PROTECTED = "protected"
    NO_TARGET = "no_target"
    REFUSED = "refused"


class State:
    """Everything that the enforcer knows. What changes is remembered until ``written``, to be written at once.

    ``protected(target, ms)``: whether nothing may be enforced against it.
    """

    def __init__(self, protected: Callable[[str, int], bool] = lambda _target, _at_ms: False) -> None:
        self._protected = protected
        self.targets: dict[str, tuple[Enforced, ...]] = {}
        self._positions: dict[str, Position] = {}
        self._corrected: dict[str, Corrected] = {}
        self._changed: dict[str, None] = {}
        self._to_sweep: list[str] = []

    def load(self, key: str, value: bytes | None) -> bool:
        """Take up a record that was written before; False if it is none of ours, and is passed over."""
        try:
            if key.startswith(_POSITIONS):
                _set(self._positions, key, None if value is None else _position.decode(value))
            elif key.startswith(CORRECTED_KEY):
                _set(self._corrected, key, None if value is None else _corrected.decode(value))
            elif key.startswith(OWN_KEY):
                return False
            else:
                _set(self.targets, key, None if value is None else decode_enforcement(value))
        except (msgspec.MsgspecError, UnicodeError):
            return False
        return True

    def take(self, decided: Decided, origin: Origin | None, append_ms: int) -> Result:
        """Fold one verdict. ``append_ms``: when it was appended, the time against which it may be expired."""
        if decided.corrects is None:
            if origin is not None and not self._advance(origin, append_ms):
                return Result.REPEATED
            return self._decision(decided, append_ms)
        return self._correction(decided, decided.corrects, append_ms)

    def passed(self, place: str, offset: int, append_ms: int) -> None:
        """Everything in this partition of verdicts was taken, up to and with that offset."""
        key = f"{READ_KEY}{place}"
        self._positions[key] = Position(offset, append_ms)
        self._changed[key] = None

    def next_offset(self, place: str) -> int:
        """Where to go on reading this partition of verdicts."""
        before = self._positions.get(f"{READ_KEY}{place}")
        return 0 if before is None else before.offset + 1

    def sweep(self, now_ms: int, most: int) -> None:
        """Let go of targets against which nothing holds; looks at ``most`` of them, another time at the next."""
        if not self._to_sweep:
            self._to_sweep = list(self.targets)
        for key in self._to_sweep[-most:]:
            decisions = self.targets.get(key)
            if decisions is not None and not any(one.holds(now_ms) for one in decisions):
                self._enforce(key, ())
        del self._to_sweep[-most:]

    def release(self, now_ms: int) -> int:
        """Take back everything that is enforced against protected targets; how many they were."""
        released = [key for key in self.targets if self._protected(key, now_ms)]
        for key in released:
            self._enforce(key, ())
        return len(released)

    def forget(self, before_ms: int) -> None:
        """Let go of positions and corrections that were appended before that: what they guard from cannot come."""
        old = [key for key, one in self._positions.items() if one.at_ms < before_ms]
        old += [key for key, one in self._corrected.items() if one.at_ms < before_ms]
        for key in old:
            self._positions.pop(key, None)
            self._corrected.pop(key, None)
            self._changed[key] = None

    @property
    def urgent(self) -> bool:
        """Whether more than positions has changed."""
        return any(not key.startswith(_POSITIONS) for key in self._changed)

    def changes(self) -> list[tuple[str, bytes | None]]:
        """The records that have to be written; None is a tombstone."""
        return [(key, self._encoded(key)) for key in self._changed]

    def written(self) -> None:
        self._changed.clear()

    def _encoded(self, key: str) -> bytes | None:
        if (decisions := self.targets.get(key)) is not None:
            return encode_enforcement(decisions)
        own = self._positions.get(key) or self._corrected.get(key)
        return None if own is None else msgspec.json.encode(own)

    def _advance(self, origin: Origin, append_ms: int) -> bool:
        """Whether the event is the first to come from this offset: its source's verdicts come in order."""
        key = f"{SOURCE_KEY}{origin.source}"
        before = self._positions.get(key)
        if before is not None and origin.offset <= before.offset:
            return False
        self._positions[key] = Position(origin.offset, append_ms)
        self._changed[key] = None
        return True

    def _decision(self, decided: Decided, append_ms: int) -> Result:
        enforced, target = decided.enforced, decided.target
        if target is None:
            return Result.NO_TARGET
        if enforced is None:
            return Result.NOT_ENFORCED
        if f"{CORRECTED_KEY}{decided.id}" in self._corrected:
            return Result.CORRECTED
        held = self.targets.get(target, ())
        if any(one.decision == decided.id for one in held):
            return Result.REPEATED
        if not enforced.holds(append_ms):
            return Result.EXPIRED
        if self._protected(target, append_ms):
            return Result.PROTECTED
        self._enforce(target, bounded([*held, enforced], append_ms))
        return Result.ENFORCED

    def _correction(self, decided: Decided, corrects: str, append_ms: int) -> Result:
        key = f"{CORRECTED_KEY}{corrects}"
        before = self._corrected.get(key, Corrected((), append_ms))
        if decided.id in before.by:
            return Result.REPEATED
        by = (*before.by, decided.id)[-_MOST_CORRECTIONS:]
        self._corrected[key] = Corrected(by, max(before.at_ms, append_ms))
        self._changed[key] = None
        if decided.target is None:
            return Result.NO_TARGET
        if append_ms < before.at_ms:
            # A later correction of the same decision has been met in another partition: that one counts.
            return Result.CORRECTION
        held = self.targets.get(decided.target, ())
        left = [one for one in held if one.decision != corrects]
        enforced = decided.enforced
        if enforced is not None and enforced.holds(append_ms) and not self._protected(decided.target, append_ms):
            left.append(enforced)
        elif len(left) == len(held):
            return Result.CORRECTION
        self._enforce(decided.target, bounded(left, append_ms))
        return Result.CORRECTION

    def _enforce(self, key: str, decisions: tuple[Enforced, ...]) -> None:
        _set(self.targets, key, decisions or None)
        self._changed[key] = None


def _set(records: dict[str, _T], key: str, value: _T | None) -> None:
    if value is None:
        records.pop(key, None)
    else:
        records[key] = value


_position = msgspec.json.Decoder(Position)
_corrected = msgspec.json.Decoder(Corrected)
