"""Who is protected, as the enforcer asks for it: what was decided before somebody was protected is taken back."""

from __future__ import annotations

from models.lists import PROTECT
from streams.standing import Standing
from streams.standing.records import LIST_KEY

_KEY = f"{LIST_KEY}{PROTECT}/"


class Protected:
    """Changes come from the control reader's thread."""

    def __init__(self) -> None:
        self._standing = Standing()
        self._changed = True

    def on_control(self, key: str, value: bytes | None) -> None:
        if key.startswith(_KEY):
            self._standing.on_control(key, value)
            self._changed = True

    def covers(self, target: str, at_ms: int) -> bool:
        """``target``: as ``<entity>=<value>``."""
        name, _, value = target.partition("=")
        return self._standing.protects(name, value, at_ms)

    def changed(self) -> bool:
        """Whether anything has changed since the last time that this was asked."""
        changed, self._changed = self._changed, False
        return changed
