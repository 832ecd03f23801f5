"""`weir produce`: sends a file of events, and of labels, to Kafka."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from streams.cli.import_ import INPUT
from streams.cli.kafka import open_producer
from streams.cli.progress import Pace, progress
from streams.cli.refusals import Refusals
from streams.clients.report import Refused
from streams.files import STDIN, open_input
from streams.settings import load_settings


@click.command()
@click.argument("file", type=INPUT, required=False)
@click.option("--labels", "labels_file", type=INPUT, help="Send the labels of this file after the events.")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="Events a second; else as fast as it goes.")
@click.pass_context
def produce(ctx: click.Context, file: Path | None, labels_file: Path | None, rate: float | None) -> None:
    """Send the events in FILE, one JSON record a line (.gz, or - for standard input), each to its type's topic.

    With --labels FILE may be left out. A line that is no valid event is refused and counted, and the rest is sent.
    Exit code 1 if any was refused.
    """
    if file is None and labels_file is None:
        raise click.UsageError("say which FILE of events to send, or --labels FILE, or both")
    refusals = Refusals("weir produce")
    with open_producer(load_settings()) as producer:
        if file is not None:
            _send_lines(file, producer.send, Pace(rate), refusals)
        if labels_file is not None:
            _send_lines(labels_file, producer.send_label, Pace(None), refusals)
        report = producer.flush()
    refusals.add_undelivered(report)
    refusals.tell_unknown(report.unknown_fields)
    refusals.tell()
    click.echo(f"{report.sent} records sent", err=True)
    ctx.exit(1 if refusals.count else 0)


def _send_lines(path: Path, send: Callable[[bytes], None], pace: Pace, refusals: Refusals) -> None:
    total = path.stat().st_size if path != STDIN else 0
    with open_input(path) as opened, progress(f"sending {path.name}", total) as show:
        for number, line in enumerate(opened.stream, 1):
            record = line.strip()
            if not record:
                continue
            pace.wait()
            try:
                send(record)
            except Refused as refused:
                refusals.add(refused.reason, f"{path.name}:{number}: {refused.detail}")
            show(opened.position, number)
