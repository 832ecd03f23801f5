"""What the topic of enforcements holds: a record a target, keyed ``<entity>=<value>``, and some of the enforcer's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from models.actions import RANK, Action

# The enforcer's own records, which nobody else needs: no entity's name begins like that.
OWN_KEY = "."
READ_KEY = ".read/"
SOURCE_KEY = ".source/"
CORRECTED_KEY = ".corrected/"

# More say nothing new: it is the strongest that counts, and the others wait for its end or correction.
MOST_DECISIONS = 16
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


class Position(msgspec.Struct, frozen=True, gc=False):
    """How far verdicts were taken: the greatest offset, of a partition's verdicts or of one of their sources' events.

    ``at_ms``: when the last of these verdicts was appended, in milliseconds since 1970.
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


def bounded(decisions: Iterable[Enforced], now_ms: int) -> tuple[Enforced, ...]:
    """Those that hold, in order, at most ``MOST_DECISIONS``.

    Of the kind and action with the most decisions the one leaves that expires soonest; if several have as many, of
    the mildest. Another of the same kind and action then holds longer, so that what counts is the same as without a
    bound for as long as nothing is corrected.
    """
    left = [one for one in decisions if one.holds(now_ms)]
    while len(left) > MOST_DECISIONS:
        crowds = Counter((one.kind, one.action) for one in left)
        kind, action = max(crowds, key=lambda crowd: (crowds[crowd], -RANK[crowd[1]], crowd[0]))
        left.remove(in_order(one for one in left if one.kind == kind and one.action == action)[-1])
    return in_order(left)


def encode_enforcement(decisions: tuple[Enforced, ...]) -> bytes:
    return msgspec.json.encode(Enforcement(decisions))


def decode_enforcement(value: bytes) -> tuple[Enforced, ...]:
    """Decisions in order; raises msgspec.MsgspecError (or UnicodeError) for what no enforcer writes."""
    return in_order(_decoder.decode(value).decisions)


_decoder = msgspec.json.Decoder(Enforcement)
