"""The demo in one process, without any server: the same events, the same view, the memory store."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

from features.kinds import load_kinds
from models.learning.performance import Performance
from models.verdict import decode
from streams.demo.input import DemoInput
from streams.demo.stats import Stats
from streams.demo.summary import Row, Summary
from streams.demo.view import View
from streams.offline.replay import Replay
from streams.settings import Settings
from streams.wire import decode_label

# Figures are found again after so many labels: it takes a millisecond.
_LABELS = 20


def run_embedded(settings: Settings, source: DemoInput, out: Path) -> Summary:
    """Decide the demo's input; verdicts go to the file ``out``, from which the summary is read back."""
    out.parent.mkdir(parents=True, exist_ok=True)
    asyncio.run(_run(settings, source, out))
    summary = Summary(source.truth, source.own)
    summary.add(_rows(out))
    return summary


async def _run(settings: Settings, source: DemoInput, out: Path) -> None:
    stats = Stats()
    performances: dict[str, Performance] = {}
    aucs: dict[str, float | None] = {}
    learned: dict[str, int] = {}

    def on_learned(name: str, score: float, abuse: bool) -> None:
        performance = performances.setdefault(name, Performance())
        # Of its figures only one without times is shown.
        performance.add(score, abuse, 0, 0)
        learned[name] = learned.get(name, 0) + 1
        if learned[name] % _LABELS == 1:
            aucs[name] = performance.figures().auc
        stats.model(name, learned[name], aucs[name])

    replay = Replay(settings, load_kinds(settings.kinds_folders), on_learned)
    with out.open("wb") as verdicts, View(stats.snapshot) as view:
        for number, step in enumerate(source.steps, start=1):
            begun_s = time.perf_counter()
            stats.sent()
            verdict = await replay.event(number, step.record)
            if verdict is not None:
                verdicts.write(verdict + b"\n")
                stats.verdict(decode(verdict), (time.perf_counter() - begun_s) * 1000)
            for label in step.labels:
                replay.label(decode_label(label, settings.max_record_bytes))
            view.tick()


def _rows(path: Path) -> Iterator[Row]:
    with path.open("rb") as lines:
        for line in lines:
            verdict = decode(line)
            reasons = [{"text": reason.text, "rule": reason.rule} for reason in verdict.data.reasons]
            yield Row(verdict.id, verdict.data.event.kind, verdict.data.action, verdict.data.score, reasons)
