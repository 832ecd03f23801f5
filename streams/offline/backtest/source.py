"""Where the verdicts of a backtest come from: recorded ones as they are, events decided anew by a replay."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal

import msgspec

from features.errors import InvalidEvent
from features.kind import Kind
from features.reference import Reference
from streams.offline.backtest.blocks import Block
from streams.offline.replay import LabelQueue, Replay
from streams.settings import Settings
from streams.wire import Label

Refuse = Callable[[str, int, InvalidEvent], None]


class _Typed(msgspec.Struct):
    type: str


_typed = msgspec.json.Decoder(_Typed)


@dataclass(slots=True)
class Source:
    """``blocks`` of verdicts. ``features``: as they were recorded, or recomputed in the order of the input.

    ``passed_over``: records that gave no verdict, by reason; complete when the blocks are at their end.
    ``reference``: what features are recomputed with.
    """

    blocks: Iterator[Block]
    features: Literal["recorded", "recomputed"]
    passed_over: Counter[str] = field(default_factory=Counter)
    reference: Reference | None = None


def open_source(
    blocks: Iterable[Block], settings: Settings, kinds: dict[str, Kind], labels: Iterable[Label], refuse: Refuse
) -> Source:
    """The first record that has a type says what all of them are: verdicts or events.

    Events are decided by what ships and the folders of the settings; models learn from ``labels`` when these are due.
    ``refuse`` is told of file, line and fault of what is no event.
    """
    blocks = iter(blocks)
    met: list[Block] = []
    for block in blocks:
        met.append(block)
        found = _type_of(block)
        if found == "verdict":
            return Source(chain(met, blocks), "recorded")
        if found is not None:
            break
    source = Source(iter(()), "recomputed")
    replay = Replay(settings, kinds)
    source.reference = replay.reference
    source.blocks = _decided(chain(met, blocks), replay, LabelQueue(labels), refuse, source.passed_over)
    return source


def _type_of(block: Block) -> str | None:
    for line in block.read().split(b"\n"):
        try:
            return _typed.decode(line).type
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            continue
    return None


def _decided(
    blocks: Iterable[Block], replay: Replay, labels: LabelQueue, refuse: Refuse, passed_over: Counter[str]
) -> Iterator[Block]:
    with asyncio.Runner() as runner:
        line = 1
        for block in blocks:
            line = 1 if block.is_first else line
            lines = block.read().split(b"\n")
            verdicts = runner.run(_decide(lines, line, replay, labels))
            line += len(lines) if lines[-1] else len(lines) - 1
            for number, error in replay.report.refused:
                refuse(block.name, number, error)
            replay.report.refused.clear()
            if verdicts:
                yield Block(block.name, block.is_first, b"\n".join(verdicts) + b"\n", block.position)
    if replay.report.duplicates:
        passed_over["repeated events"] += replay.report.duplicates


async def _decide(lines: Sequence[bytes], first: int, replay: Replay, labels: LabelQueue) -> list[bytes]:
    verdicts = []
    for number, raw in enumerate(lines, start=first):
        line = raw.strip()
        if not line:
            continue
        time_ms = replay.time_ms(line)
        if time_ms is not None:
            for label in labels.before(time_ms):
                replay.label(label)
        verdict = await replay.event(number, line)
        if verdict is not None:
            verdicts.append(verdict)
    return verdicts
