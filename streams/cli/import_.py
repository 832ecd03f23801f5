"""`weir import mail`: mails as people have them, to events and labels in files or in Kafka."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import click

from streams.cli.kafka import open_producer
from streams.cli.output import open_output
from streams.cli.progress import progress
from streams.cli.refusals import Refusals
from streams.clients.producer import EventProducer
from streams.clients.report import Refused
from streams.mail.events import ConvertedMail, MailConverter
from streams.mail.jsonlines import UnreadableLine
from streams.mail.mailboxes import MailReader
from streams.settings import Settings, load_settings

INPUT = click.Path(exists=True, allow_dash=True, path_type=Path)
OUTPUT = click.Path(dir_okay=False, allow_dash=True, path_type=Path)


@click.group("import")
def import_() -> None:
    """Turn what is there already into events and labels."""


@import_.command("mail")
@click.argument("paths", nargs=-1, required=True, type=INPUT, metavar="PATH...")
@click.option("--out", type=OUTPUT, help="Write the events here, one a line (.gz packs them).")
@click.option("--labels-out", type=OUTPUT, help="Write the labels here, where the input has any.")
@click.option("--produce", is_flag=True, help="Send events and labels to Kafka.")
@click.option("--account", help="The account of all these mails, instead of the one that each names.")
@click.pass_context
def mail(
    ctx: click.Context,
    paths: tuple[Path, ...],
    out: Path | None,
    labels_out: Path | None,
    produce: bool,
    account: str | None,
) -> None:
    """Import mbox files, maildirs, .eml files, folders of raw messages, or JSON lines, each also as .gz.

    JSON lines are {"id", "ts", "raw", "label"?}, raw as Latin-1 text; any label but ham and legit means abuse.
    Every mail becomes one event, however broken it is. Exit code 1 if a line held no mail or Kafka's client
    refused one: the rest is imported nevertheless.
    """
    if out is None and labels_out is None and not produce:
        raise click.UsageError("say where to: --out FILE, --labels-out FILE, or --produce")
    settings = load_settings()
    refusals = Refusals("weir import")
    counts: Counter[str] = Counter()
    with ExitStack() as stack:
        events_file = stack.enter_context(open_output(out)) if out is not None else None
        labels_file = stack.enter_context(open_output(labels_out)) if labels_out is not None else None
        producer = stack.enter_context(open_producer(settings)) if produce else None
        reader = MailReader(paths)
        show = stack.enter_context(progress("importing", reader.total_bytes))
        converter = _converter(settings, account, produce)
        for found in reader:
            if isinstance(found, UnreadableLine):
                refusals.add("no mail", str(found))
                continue
            converted = converter.convert(found)
            counts["mails"] += 1
            counts["labels"] += converted.label is not None
            show(reader.done_bytes, counts["mails"])
            if events_file is not None:
                events_file.write(converted.event + b"\n")
            if labels_file is not None and converted.label is not None:
                labels_file.write(converted.label + b"\n")
            if producer is not None:
                _send(producer, converted, refusals, counts["mails"])
        if producer is not None:
            refusals.add_undelivered(producer.flush())
    refusals.tell()
    click.echo(f"{counts['mails']} mails, {counts['labels']} labels", err=True)
    ctx.exit(1 if refusals.count else 0)


def _converter(settings: Settings, account: str | None, produce: bool) -> MailConverter:
    # Kafka's readers refuse what claims to be later than its append; a file has no such moment.
    latest_ms = int(time.time() * 1000) if produce else None
    return MailConverter(settings.max_record_bytes, account or None, latest_ms)


def _send(producer: EventProducer, mail: ConvertedMail, refusals: Refusals, number: int) -> None:
    try:
        producer.send(mail.event)
        if mail.label is not None:
            producer.send_label(mail.label)
    except Refused as refused:
        refusals.add(refused.reason, f"mail {number}: {refused.detail}")
