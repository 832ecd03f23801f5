"""What the page about models holds, as plain values; nothing in it names a person or an event."""

from __future__ import annotations

import msgspec

from models.drift import Alarm
from models.learning.gate import Judgement
from models.registry import Manifest


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """One model, or one version of it. ``judgement``: what the gate says of it beside the champion, of challengers.

    ``manifest``: None before it has learned anything, or where a pinned version is gone.
    """

    alias: str
    model: str
    version: str | None
    pinned: bool
    manifest: Manifest | None
    judgement: Judgement | None = None


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """A promotion or a rollback. ``passed``: what the gate said then."""

    champion: str
    replaced: str
    at_ms: int
    rollback: bool
    passed: tuple[str, ...]


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """``models``: the champion first, then challengers, then what is kept. ``alarms``: None: nobody watches."""

    kind: str
    models: tuple[Shown, ...]
    changed: tuple[Changed, ...]
    alarms: tuple[Alarm, ...] | None
