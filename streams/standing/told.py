"""What the control topic holds of live state, in words: for the AsyncAPI document."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from models.lists import LIST_NAME
from streams.standing import records

_DIGEST = "[0-9a-f]{24}"
_LIST = LIST_NAME.pattern


@dataclass(frozen=True, slots=True)
class Told:
    """``key``: a pattern of the record's key, and that in words. A record without value takes it back."""

    record: type[msgspec.Struct]
    words: str
    key: tuple[str, str]


STANDING = {
    "list": Told(
        records.ListDeclared, "A list that people began live.", (f"^{records.LIST_KEY}{_LIST}$", "list/<name>")
    ),
    "list-entry": Told(
        records.ListEntry,
        "A value of a list. Those of the list protect are entities that no automatic action hits.",
        (f"^{records.LIST_KEY}{_LIST}/{_DIGEST}$", "list/<name>/<hash of the value: BLAKE2b, 12 bytes, hexadecimal>"),
    ),
    "entity-label": Told(
        records.EntityLabel,
        "A word about an entity. While one that a person set (manual) counts, automatic ones of it do not.",
        (f"^{records.LABEL_KEY}.+/{_DIGEST}$", "label/<entity>/<hash of the JSON array of value, label and by>"),
    ),
    "snooze": Told(
        records.Snooze,
        "A rule that is silent for one entity.",
        (f"^{records.SNOOZE_KEY}.+/.+/{_DIGEST}$", "snooze/<rule>/<entity>/<hash of its value>"),
    ),
    "freeze": Told(
        records.Freeze,
        "The strongest action that a kind may take at present.",
        (f"^{records.FREEZE_KEY}", "freeze/<kind>"),
    ),
    "budget-reset": Told(
        records.BudgetReset,
        "A budget that begins anew.",
        (f"^{records.RESET_KEY}.+/", "budget-reset/<kind>/<rule, or overall>"),
    ),
    "tripped": Told(
        records.Trip,
        "A budget that is used up, until a later reset.",
        (f"^{records.TRIPPED_KEY}.+/", "tripped/<kind>/<rule, or overall>"),
    ),
}
