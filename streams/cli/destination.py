"""Where `weir import` puts events and labels: files, Kafka, or both."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import click

from streams.cli.kafka import open_producer
from streams.cli.output import open_output
from streams.cli.progress import progress
from streams.cli.refusals import Refusals
from streams.clients.producer import EventProducer
from streams.clients.report import Refused
from streams.settings import Settings


class Record(NamedTuple):
    """An event, its label if there is one, and how many bytes of the input were read."""

    event: bytes
    label: bytes | None
    done_bytes: int


class Destination:
    """Raises UsageError if there is none at all."""

    def __init__(self, settings: Settings, out: Path | None, labels_out: Path | None, produce: bool) -> None:
        if out is None and labels_out is None and not produce:
            raise click.UsageError("say where to: --out FILE, --labels-out FILE, or --produce")
        self._settings = settings
        self._out = out
        self._labels_out = labels_out
        self._produce = produce

    def take(self, noun: str, records: Callable[[Refusals], Iterable[Record]], total_bytes: int) -> int:
        """Write or send them all, and say how many there were; the exit code: 1 if anything was refused.

        ``records`` tells the refusals that it is given of what is no ``noun``.
        """
        refusals = Refusals("weir import")
        count = labels = 0
        with ExitStack() as stack:
            events_file = stack.enter_context(open_output(self._out)) if self._out is not None else None
            labels_file = stack.enter_context(open_output(self._labels_out)) if self._labels_out is not None else None
            producer = stack.enter_context(open_producer(self._settings)) if self._produce else None
            show = stack.enter_context(progress("importing", total_bytes))
            for record in records(refusals):
                count += 1
                labels += record.label is not None
                show(record.done_bytes, count)
                if events_file is not None:
                    events_file.write(record.event + b"\n")
                if labels_file is not None and record.label is not None:
                    labels_file.write(record.label + b"\n")
                if producer is not None:
                    _send(producer, record, refusals, f"{noun} {count}")
            if producer is not None:
                refusals.add_undelivered(producer.flush())
        refusals.tell()
        click.echo(f"{count} {noun}s, {labels} labels", err=True)
        return 1 if refusals.count else 0


def _send(producer: EventProducer, record: Record, refusals: Refusals, name: str) -> None:
    try:
        producer.send(record.event)
        if record.label is not None:
            producer.send_label(record.label)
    except Refused as refused:
        refusals.add(refused.reason, f"{name}: {refused.detail}")
