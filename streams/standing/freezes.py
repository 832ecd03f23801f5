"""Kinds whose actions are held down: the switch for a bad day."""

from __future__ import annotations

import msgspec
import structlog

from models.actions import Action
from streams import metrics
from streams.standing.records import FREEZE_KEY, Freeze

log = structlog.get_logger()


class Freezes:
    """By kind, the strongest action that it may take. Setting and lifting is said loudly, in every process."""

    def __init__(self) -> None:
        self._most: dict[str, Action] = {}

    def of(self, kind: str) -> Action | None:
        return self._most.get(kind)

    def take(self, key: str, value: bytes | None) -> None:
        kind = key.removeprefix(FREEZE_KEY)
        before = self._most.get(kind)
        if value is None:
            self._most.pop(kind, None)
            if before is not None:
                log.warning("freeze_lifted", kind=kind)
        else:
            self._most[kind] = action = msgspec.json.decode(value, type=Freeze).action
            if action != before:
                log.warning("frozen", kind=kind, at_most=action, until=f"weir freeze --kind {kind} --lift")
        metrics.FROZEN.labels(kind).set(value is not None)
