"""``weir replay``: decide a file of events in one process, without any server."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click

from features.kinds import load_kinds
from streams.cli.import_ import INPUT, OUTPUT
from streams.cli.output import open_output
from streams.cli.progress import progress
from streams.cli.reference import tell_absent
from streams.cli.refusals import Refusals
from streams.files import STDIN, open_input
from streams.offline.replay import LabelQueue, Replay, read_labels
from streams.offline.run import replay_lines
from streams.settings import load_settings


@click.command()
@click.option("--events", required=True, type=INPUT, help="Events, one JSON a line; .gz and - (standard input) work.")
@click.option("--labels", type=INPUT, help="Labels, one JSON a line: each is applied when its time has come.")
@click.option("--out", required=True, type=OUTPUT, help="Where verdicts go; .gz and - (standard output) work.")
def replay(events: Path, labels: Path | None, out: Path) -> None:
    """Decide the events of a file: same input, same bytes out.

    Lines that are no events are reported on standard error and counted; the exit code is then 1.
    """
    settings = load_settings()
    refusals = Refusals("weir replay")
    queue = LabelQueue([])
    if labels is not None:
        with open_input(labels) as opened:
            given, refused = read_labels(opened.stream, settings.max_record_bytes)
        queue = LabelQueue(given)
        for number, error in refused:
            refusals.add(error.reason, f"{labels}:{number}: {error.detail}")
    engine = Replay(settings, load_kinds(settings.kinds_folders))
    tell_absent("weir replay", engine.reference)
    asyncio.run(_run(engine, events, queue, out))
    report = engine.report
    for number, error in report.refused:
        refusals.add(error.reason, f"{events}:{number}: {error.detail}")
    refusals.tell_unknown(engine.unknown_fields)
    refusals.tell()
    words = [f"{report.verdicts} verdicts"]
    if report.duplicates:
        words.append(f"{report.duplicates} repeated events")
    if labels is not None:
        words.append(f"{report.learned} labels learned")
    click.echo(", ".join(words), err=True)
    if refusals.count:
        sys.exit(1)


async def _run(engine: Replay, events: Path, labels: LabelQueue, out: Path) -> None:
    total = events.stat().st_size if events != STDIN else 0
    with open_input(events) as opened, open_output(out) as verdicts, progress("deciding", total) as show:
        async for number, verdict in replay_lines(engine, opened.stream, labels):
            if verdict is not None:
                verdicts.write(verdict + b"\n")
            show(opened.position, number)
