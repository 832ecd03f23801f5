"""What the topic of enforcements holds: a record a target, keyed ``<entity>=<value>``, and some of the enforcer's."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from models.actions import RANK, Action

# The enforcer's own records, which nobody else needs: no entity's name begins like that.
OWN_KEY = "."
SOURCE_KEY = ".source/"
CORRECTED_KEY = ".corrected/"

_NEVER_MS = 2**63


class Enforced(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One decision about a target that hinders it.

    ``decision``: its id. ``expires_ms``: from then on it holds no more, in milliseconds since 1970; None: it holds
    until it is corrected. ``correction``: the id of the correction that ``action`` comes from, if the decision was
    corrected to another action that hinders.
    """

    decision: str
    kind: str
    action: Action
    expires_ms: int | None = None
    correction: str | None = None

    def holds(self, now_ms: int) -> bool:
        return self.expires_ms is None or now_ms < self.expires_ms

    @property
    def rank(self) -> int:
        return RANK[self.action]

    @property
    def until_ms(self) -> int:
        """``expires_ms``, with a very late time for never."""
        return _NEVER_MS if self.expires_ms is None else self.expires_ms


class Enforcement(msgspec.Struct, frozen=True, gc=False):
    """The decisions that hinder a target, the strongest first: the first that has not expired counts."""

    decisions: tuple[Enforced, ...]


class SourcePosition(msgspec.Struct, frozen=True, gc=False):
    """Of one partition of verdicts and one of events: the greatest event offset whose verdict was taken.

    ``at_ms``: when that verdict was appended, in milliseconds since 1970.
    """

    offset: int
    at_ms: int


class Corrected(msgspec.Struct, frozen=True, gc=False):
    """A decision that counts no more. ``by``: the ids of its corrections; ``at_ms``: when the last was appended."""

    by: tuple[str, ...]
    at_ms: int


def target_key(entity: str, value: str) -> str:
    """Where the topic holds a target. ``entity`` is a name without "=", so the first one ends it."""
    return f"{entity}={value}"


def split_key(key: str) -> tuple[str, str] | None:
    """Entity and value of a target's key; None for a record of the enforcer's own."""
    entity, equals, value = key.partition("=")
    return None if key.startswith(OWN_KEY) or not equals else (entity, value)


def in_order(decisions: Iterable[Enforced]) -> tuple[Enforced, ...]:
    """The strongest first; of those as strong, the one that holds longest."""
    return tuple(sorted(decisions, key=lambda one: (-one.rank, -one.until_ms, one.decision)))


def strongest(decisions: Iterable[Enforced], now_ms: int) -> Enforced | None:
    """What counts at that time: of decisions in order, the first that has not expired."""
    return next((one for one in decisions if one.holds(now_ms)), None)


def encode_enforcement(decisions: tuple[Enforced, ...]) -> bytes:
    return msgspec.json.encode(Enforcement(decisions))


def decode_enforcement(value: bytes) -> tuple[Enforced, ...]:
    """Decisions in order; raises msgspec.MsgspecError (or UnicodeError) for what no enforcer writes."""
    return in_order(_decoder.decode(value).decisions)


_decoder = msgspec.json.Decoder(Enforcement)
