"""Live state for tests: what weir's commands would set, told to one process without Kafka."""

from __future__ import annotations

import msgspec

from models.lists import ListType, normal
from streams.standing import Standing
from streams.standing.records import BudgetReset, EntityLabel, Freeze, ListEntry, Snooze, freeze_key, reset_key


def add(standing: Standing, name: str, of: ListType, value: str, expires_ms: int | None = None) -> ListEntry:
    entry = ListEntry(list=name, of=of, value=normal(of, value), expires_ms=expires_ms)
    tell(standing, entry)
    return entry


def label(
    standing: Standing, entity: str, value: str, word: str, expires_ms: int | None = None, *, automatic: bool = False
) -> EntityLabel:
    by = "automatic" if automatic else "manual"
    one = EntityLabel(entity=entity, value=value, label=word, by=by, expires_ms=expires_ms)
    tell(standing, one)
    return one


def snooze(standing: Standing, rule: str, entity: str, value: str, expires_ms: int) -> Snooze:
    one = Snooze(rule=rule, entity=entity, value=value, expires_ms=expires_ms)
    tell(standing, one)
    return one


def freeze(standing: Standing, kind: str, action: str | None) -> None:
    value = None if action is None else msgspec.json.encode(Freeze(action=action))  # type: ignore[arg-type]
    standing.on_control(freeze_key(kind), value)


def reset(standing: Standing, kind: str, budget: str, reset_ms: int) -> None:
    standing.on_control(reset_key(kind, budget), msgspec.json.encode(BudgetReset(reset_ms=reset_ms)))


def tell(standing: Standing, record: ListEntry | EntityLabel | Snooze) -> None:
    standing.on_control(record.key, msgspec.json.encode(record))
