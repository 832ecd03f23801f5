"""The control records that say which model is a kind's champion, and which were before."""

from __future__ import annotations

import re

import msgspec

from models.errors import ModelError

CHAMPION_KEY = "champion/"
HISTORY_KEY = "champions/"
MOST_HELD = 50
_CHAMPION = re.compile(rb"([a-z][a-z0-9_]*\.[a-z][a-z0-9_]*(?:-[0-9]+)?)(?:@([0-9a-f]{32}))?")


class Champion(msgspec.Struct, frozen=True):
    """``version``: pinned, so that it does not go on learning; None: the newest, whatever it is."""

    model: str
    version: str | None = None

    def __str__(self) -> str:
        return self.model if self.version is None else f"{self.model}@{self.version}"


class Promotion(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One change of a champion. ``replaced``: the one before, with the version that it had then (None: untrained).

    ``passed``: what the gate said. ``by`` and ``note``: who, and why.
    """

    champion: Champion
    replaced: Champion
    at_ms: int
    by: str
    note: str = ""
    passed: tuple[str, ...] = ()
    rollback: bool = False


class ChampionHistory(msgspec.Struct, frozen=True):
    """A kind's champions, the newest first."""

    promotions: tuple[Promotion, ...] = ()


def parse_champion(value: bytes) -> Champion:
    """Of ``model`` or ``model@version``; raises ModelError."""
    found = _CHAMPION.fullmatch(value)
    if found is None:
        raise ModelError("a champion reads 'model' or 'model@version': see 'weir models promote'")
    version = found[2]
    return Champion(found[1].decode(), None if version is None else version.decode())


def champion_key(kind: str) -> str:
    return f"{CHAMPION_KEY}{kind}"


def history_key(kind: str) -> str:
    return f"{HISTORY_KEY}{kind}"


def encode_history(promotions: tuple[Promotion, ...]) -> bytes:
    """Newest first; the oldest go when there are too many."""
    return msgspec.json.encode(ChampionHistory(promotions[:MOST_HELD]))


def decode_history(value: bytes | None) -> tuple[Promotion, ...]:
    """Raises ModelError for what is none."""
    if value is None:
        return ()
    try:
        return msgspec.json.decode(value, type=ChampionHistory).promotions
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise ModelError("the history of champions cannot be read: promote a model, which begins it anew") from None
