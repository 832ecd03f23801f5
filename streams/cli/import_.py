"""`weir import`: mails and logins as people have them, to events and labels in files or in Kafka."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import click

from features.errors import KindError
from features.window import seconds
from streams.cli.destination import Destination, Record
from streams.cli.refusals import Refusals
from streams.files import STDIN, open_input
from streams.logins.events import event_of, label_of
from streams.logins.rba import BadRow, read_rba
from streams.mail.events import MailConverter
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
    settings = load_settings()
    to = Destination(settings, out, labels_out, produce)
    reader = MailReader(paths)
    converter = _converter(settings, account, produce)

    def records(refusals: Refusals) -> Iterator[Record]:
        for found in reader:
            if isinstance(found, UnreadableLine):
                refusals.add("no mail", str(found))
                continue
            converted = converter.convert(found)
            yield Record(converted.event, converted.label, reader.done_bytes)

    ctx.exit(to.take("mail", records, reader.total_bytes))


@import_.command("logins")
@click.argument("file", type=INPUT)
@click.option("--format", "form", type=click.Choice(["rba"]), required=True, help="Whose columns the file has.")
@click.option("--out", type=OUTPUT, help="Write the events here, one a line (.gz packs them).")
@click.option("--labels-out", type=OUTPUT, help="Write the labels here.")
@click.option("--produce", is_flag=True, help="Send events and labels to Kafka.")
@click.option(
    "--label-delay", default="24h", show_default=True, help="How long after its login a label is given; 0s: at once."
)
@click.pass_context
def logins(
    ctx: click.Context,
    file: Path,
    form: str,
    out: Path | None,
    labels_out: Path | None,
    produce: bool,
    label_delay: str,
) -> None:
    """Import a data set of logins: rba is that of Wiefling et al. (2022), CSV, also as .gz or - (standard input).

    A takeover becomes the label abuse by an analyst, an address known from attacks abuse by a rule, any other
    successful login legit by a rule. Rows that are none are counted and left out; the exit code is then 1.
    """
    to = Destination(load_settings(), out, labels_out, produce)
    delay_ms = _delay_ms(label_delay)

    def records(refusals: Refusals) -> Iterator[Record]:
        with open_input(file) as opened:
            for row in read_rba(opened.stream):
                if isinstance(row, BadRow):
                    refusals.add(row.reason, f"{file.name}: {row.detail}")
                else:
                    yield Record(event_of(row), label_of(row, delay_ms), opened.position)

    ctx.exit(to.take("login", records, file.stat().st_size if file != STDIN else 0))


def _delay_ms(text: str) -> int:
    if text in ("0", "0s"):
        return 0
    try:
        return seconds(text) * 1000
    except KindError:
        raise click.UsageError(f"--label-delay: {text!r} is no duration such as 24h, 7d or 0s") from None


def _converter(settings: Settings, account: str | None, produce: bool) -> MailConverter:
    # Kafka's readers refuse what claims to be later than its append; a file has no such moment.
    latest_ms = int(time.time() * 1000) if produce else None
    return MailConverter(settings.max_record_bytes, account or None, latest_ms)
