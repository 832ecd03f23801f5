"""Verdicts where nothing is indexed: a decision is found by reading all of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

from models.verdict import Verdict


class Scanned(ABC):
    """What a file and the log have in common; both are read anew for each question."""

    def by_decision(self, decision_id: str) -> Verdict | None:
        """The verdict of this id, a correction's too."""
        return next((one for one in self._with(decision_id) if one.id == decision_id), None)

    def by_event(self, event_id: str, source: str | None, kind: str | None) -> list[Verdict]:
        """The decisions about events of this id, without corrections; of several verdicts of one the first."""
        found: dict[str, Verdict] = {}
        for one in self._with(event_id):
            event = one.data.event
            wanted = event.id == event_id and source in (None, event.source) and kind in (None, event.kind)
            if wanted and not isinstance(one.data.corrects, str):
                found.setdefault(one.id, one)
        return list(found.values())

    @abstractmethod
    def _with(self, text: str) -> Iterator[Verdict]:
        """The verdicts in which this text stands somewhere."""
