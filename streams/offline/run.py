"""Driving a replay over an events file and a labels file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from streams.offline.replay import LabelQueue, Replay


async def replay_lines(
    replay: Replay, lines: Iterable[bytes], labels: LabelQueue
) -> AsyncIterator[tuple[int, bytes | None]]:
    """Line number and verdict (None: refused or duplicate) of every line that is not blank, in order."""
    for number, raw in enumerate(lines, start=1):
        line = raw.strip()
        if not line:
            continue
        time_ms = replay.time_ms(line)
        if time_ms is not None:
            for label in labels.before(time_ms):
                replay.label(label)
        yield number, await replay.event(number, line)
