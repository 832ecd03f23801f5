"""``weir replay``: decide a file of events in one process, without any server."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from features.kinds import load_kinds
from streams.files import open_input, open_output
from streams.offline.replay import LabelQueue, Replay, read_labels
from streams.offline.run import replay_lines
from streams.settings import load_settings

_SHOWN = 5


@click.command()
@click.option("--events", required=True, help="Events, one JSON a line; .gz and - (standard input) work.")
@click.option("--labels", help="Labels, one JSON a line: each is applied when its time has come.")
@click.option("--out", required=True, help="Where verdicts go, one JSON a line; .gz and - (standard output) work.")
def replay(events: str, labels: str | None, out: str) -> None:
    """Decide the events of a file: same input, same bytes out.

    Lines that are no events are reported on standard error and counted; the exit code is then 1.
    """
    settings = load_settings()
    engine = Replay(settings, load_kinds(settings.kinds_folders))
    refused_labels = 0
    try:
        queue = LabelQueue([])
        if labels is not None:
            with open_input(labels) as lines:
                given, refused = read_labels(lines, settings.max_record_bytes)
            refused_labels = len(refused)
            for number, why in refused[:_SHOWN]:
                click.echo(f"{labels}:{number}: {why}", err=True)
            queue = LabelQueue(given)
        asyncio.run(_run(engine, events, queue, out))
    except (OSError, EOFError) as error:
        raise click.ClickException(f"{getattr(error, 'filename', None) or events}: {error}") from None
    report = engine.report
    for number, why in report.refused[:_SHOWN]:
        click.echo(f"{events}:{number}: {why}", err=True)
    words = [f"{report.verdicts} verdicts"]
    if report.duplicates:
        words.append(f"{report.duplicates} repeated events")
    if labels is not None:
        words.append(f"{report.learned} labels learned")
    if report.refused:
        reasons = Counter(why.reason for _, why in report.refused)
        words.append("refused: " + ", ".join(f"{n} {reason}" for reason, n in reasons.most_common()))
    if refused_labels:
        words.append(f"refused labels: {refused_labels}")
    click.echo("; ".join(words), err=True)
    if report.refused or refused_labels:
        sys.exit(1)


async def _run(engine: Replay, events: str, labels: LabelQueue, out: str) -> None:
    size = Path(events).stat().st_size if events != "-" else None
    console = Console(stderr=True)
    with (
        open_input(events) as lines,
        open_output(out) as verdicts,
        Progress(console=console, disable=not (console.is_terminal and os.isatty(2)), transient=True) as progress,
    ):
        task = progress.add_task("deciding", total=size if not events.endswith(".gz") else None)
        async for _, verdict in replay_lines(engine, lines, labels):
            if verdict is not None:
                verdicts.write(verdict + b"\n")
            if engine.report.verdicts % 500 == 0 and size is not None and lines.seekable():
                progress.update(task, completed=lines.tell())
