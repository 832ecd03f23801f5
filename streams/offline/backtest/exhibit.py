"""Single events shown in words: read again from their block, only where they are worth it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from features.event import to_milliseconds, to_rfc3339
from models.backtest.comparison import BASELINE, CANDIDATE, Row
from models.backtest.gallery import SPARED, Gallery
from models.backtest.report import Example, Seen
from models.judge import Question
from models.policy import Outcome
from streams.offline.backtest.blocks import Block
from streams.offline.backtest.firing import Firing


class _Ref(msgspec.Struct):
    source: str
    id: str


class _RefData(msgspec.Struct):
    event: _Ref


class _RefVerdict(msgspec.Struct):
    data: _RefData


_refs = msgspec.json.Decoder(_RefVerdict)


class Exhibit:
    """The events of one block; ``lines``: by an event's place, its line."""

    def __init__(self, block: Block, lines: Sequence[int], firing: Firing) -> None:
        self._block = block
        self._places = lines
        self._firing = firing
        self._lines: list[bytes] = []

    def line(self, place: int) -> bytes:
        if not self._lines:
            self._lines = self._block.read().split(b"\n")
        return self._lines[self._places[place]]

    def offer(
        self, gallery: Gallery, kind: str, place: int, row: Row | None, outcomes: tuple[Outcome, Outcome], label: str
    ) -> None:
        """Show the event where the gallery wants it."""
        if row is None and not label:
            return
        fired = ((), ()) if row is None else (row.sides[CANDIDATE].fired, row.sides[BASELINE].fired)
        wishes = gallery.wishes(fired[CANDIDATE], outcomes, label)
        if not wishes:
            return
        of_kind = self._firing.kind(kind)
        line = self.line(place)
        recorded = of_kind.reader.read(line)
        time_ms = to_milliseconds(recorded.time)
        entities = recorded.data.entities
        event = _refs.decode(line).data.event
        questions = of_kind.questions(recorded, time_ms)
        for wish in wishes:
            sort, rule = wish
            side = BASELINE if sort == SPARED else CANDIDATE
            engine = of_kind.bundles[side].engine
            names = [one.id for one in engine.rules]
            positions = [names.index(rule)] if rule else list(fired[side])
            example = Example(
                id=recorded.id,
                event_source=event.source,
                event_id=event.id,
                time=to_rfc3339(time_ms),
                target=entities.get(of_kind.catalogue.kind.target),
                ip=entities.get("ip"),
                score=recorded.data.score,
                was=outcomes[BASELINE].action,
                becomes=outcomes[CANDIDATE].action,
                label=label,
                seen=tuple(_seen(engine, position, questions[side]) for position in positions),
            )
            gallery.show(wish, example)


def _seen(engine: Any, position: int, question: Question) -> Seen:
    reason = engine.reason(
        position, question.data, question.vector, question.score, question.facts, question.entities
    )
    return Seen(reason.rule, reason.text, reason.observed)
