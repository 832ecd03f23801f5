"""What the control topic holds of it: a key and a value for each thing that somebody set."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from features.entity import digest
from models.lists import LIST_NAME, ListType

LIST_KEY = "list/"
LABEL_KEY = "label/"
SNOOZE_KEY = "snooze/"
FREEZE_KEY = "freeze/"
RESET_KEY = "budget-reset/"
TRIPPED_KEY = "tripped/"

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
_ListName = Annotated[str, msgspec.Meta(pattern=f"^{LIST_NAME.pattern}$")]
_Value = Annotated[str, msgspec.Meta(min_length=1, max_length=2304)]


class _Set(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who set it, why, and when, in milliseconds since 1970 by that machine's clock."""

    author: str = ""
    reason: str = ""
    set_ms: int = 0


class ListDeclared(_Set, frozen=True, kw_only=True):
    """A list that people began live: the type of its values."""

    of: ListType
    description: str = ""


class ListEntry(_Set, frozen=True, kw_only=True):
    """A value of a list, in its normal spelling. From ``expires_ms`` on, in event time, it counts no more."""

    list: _ListName
    of: ListType
    value: _Value
    expires_ms: int | None = None

    @property
    def key(self) -> str:
        return list_entry_key(self.list, self.value)


class Note(_Set, frozen=True, kw_only=True):
    """Something about one entity. Each has a key of its own: two people who note at once undo nothing."""

    entity: _Name
    value: _Value

    @property
    def key(self) -> str:
        raise NotImplementedError


class EntityLabel(Note, frozen=True, kw_only=True):
    """A word about an entity. While one that a person set (manual) counts, automatic ones of that entity do not."""

    label: _Name
    by: Literal["manual", "automatic"] = "manual"
    expires_ms: int | None = None

    @property
    def key(self) -> str:
        return f"{LABEL_KEY}{self.entity}/{_hex([self.value, self.label, self.by])}"


class Snooze(Note, frozen=True, kw_only=True):
    """A rule is silent for one entity until ``expires_ms``, in event time."""

    rule: _Name
    expires_ms: int

    @property
    def key(self) -> str:
        return f"{SNOOZE_KEY}{self.rule}/{self.entity}/{digest(self.value).hex()}"


class Freeze(_Set, frozen=True, kw_only=True):
    """No decision of the kind asks for more than ``action``."""

    action: Literal["allow", "review"]


class BudgetReset(_Set, frozen=True, kw_only=True):
    """A budget begins anew. ``reset_ms`` tells resets apart: each is greater than the one before."""

    reset_ms: int


class Trip(msgspec.Struct, frozen=True):
    """A budget is used up since the event time ``at_ms``; it stays so until a reset greater than ``reset_ms``."""

    at_ms: int
    reset_ms: int

    def holds(self, reset_ms: int) -> bool:
        """Whether it came after the last reset."""
        return self.reset_ms >= reset_ms


def list_key(name: str) -> str:
    """Of a list's declaration."""
    return f"{LIST_KEY}{name}"


def list_entry_key(name: str, value: str) -> str:
    return f"{LIST_KEY}{name}/{digest(value).hex()}"


def freeze_key(kind: str) -> str:
    return f"{FREEZE_KEY}{kind}"


def reset_key(kind: str, budget: str) -> str:
    return f"{RESET_KEY}{kind}/{budget}"


def tripped_key(kind: str, budget: str) -> str:
    return f"{TRIPPED_KEY}{kind}/{budget}"


def _hex(parts: list[str]) -> str:
    return digest(msgspec.json.encode(parts).decode()).hex()


def check(holds: bool) -> None:
    """Raises ValueError: a record is not what Weir's commands write."""
    if not holds:
        raise ValueError
