"""A revert: which rule is silenced for which decisions, afterwards; kept on the control topic for good."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import msgspec

from models.errors import RuleError

REVERT_KEY = "revert/"


class Revert(msgspec.Struct, frozen=True, kw_only=True):
    """``rule`` of ``kind`` shall never have spoken at event times from ``from_ms`` to before ``to_ms``.

    ``author``, ``note``, ``at_ms``: who said so, why, and when by that machine's clock. They are no part of the id,
    so that whoever says it again says the same.
    """

    rule: str
    kind: str
    from_ms: int
    to_ms: int
    author: str = ""
    note: str = ""
    at_ms: int = 0

    @property
    def id(self) -> str:
        """BLAKE2b (16 bytes, hexadecimal) of rule, kind and times."""
        return _hash([self.rule, self.kind, self.from_ms, self.to_ms])

    @property
    def key(self) -> str:
        return f"{REVERT_KEY}{self.id}"

    def covers(self, time_ms: int) -> bool:
        return self.from_ms <= time_ms < self.to_ms


def correction_id(decision_id: str, revert_id: str) -> str:
    """The id of the verdict that corrects a decision because of a revert: there is at most one."""
    return _hash([decision_id, revert_id])


def reverts_in(control: Mapping[str, bytes], kind: str) -> list[Revert]:
    """All that were ever declared for a kind, in the order of their ids; raises RuleError."""
    found = []
    for key, value in control.items():
        if key.startswith(REVERT_KEY):
            try:
                found.append(msgspec.json.decode(value, type=Revert))
            except (msgspec.MsgspecError, UnicodeError) as error:
                raise RuleError(
                    f"the control topic's {key} was not written by 'weir rules revert': {error}"
                ) from None
    return sorted((one for one in found if one.kind == kind), key=lambda one: one.id)


def _hash(parts: Sequence[object]) -> str:
    return hashlib.blake2b(msgspec.json.encode(parts), digest_size=16).hexdigest()
