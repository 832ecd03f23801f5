"""The private texts of the newest events of a replay, for models that learn from them when a label comes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

from features.event import EventDecoder
from models.scorers import Text
from models.text_of import text_of

# Some 10 kB each.
_MOST = 20_000


class Texts:
    """By decision id; held in this process's memory only."""

    def __init__(self, decoders: Mapping[str, EventDecoder]) -> None:
        self._decoders = decoders
        self.held: OrderedDict[str, Text | None] = OrderedDict()

    def add(self, kind: str, line: bytes) -> None:
        """``line``: an event's record that was decided."""
        event = self._decoders[kind].decode(line)
        self.held[event.decision_id] = text_of(event)
        if len(self.held) > _MOST:
            self.held.popitem(last=False)
