"""``weir backtest``: what other rules or another policy would have decided."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import click
import msgspec

from features.errors import InvalidEvent
from features.kinds import load_kinds
from models.backtest.report import Report
from models.backtest.truth import strongest
from models.learning.labels import GivenLabel
from streams.cli.compared import compared
from streams.cli.control import control_now
from streams.cli.features.known import catalogues_of
from streams.cli.import_ import INPUT, OUTPUT
from streams.cli.moments import MOMENT
from streams.cli.output import open_output
from streams.cli.progress import progress
from streams.cli.reference import tell_absent
from streams.cli.refusals import Refusals
from streams.files import STDIN, open_input
from streams.offline.backtest.blocks import Block, block_lines, input_files, read_blocks
from streams.offline.backtest.decisions import DecisionLines
from streams.offline.backtest.run import Backtest, run
from streams.offline.backtest.shown.page import page
from streams.offline.backtest.shown.table import show
from streams.offline.backtest.source import open_source
from streams.offline.backtest.topic import EVER_MS, read_topic
from streams.offline.replay import read_labels
from streams.settings import Settings, load_settings
from streams.topics import LABELS, VERDICTS
from streams.wire import Label

_EVENTS = "Verdicts or events, one JSON a line: a file, .gz, - (standard input), or a folder of such files."
_RULES = "The candidate: a folder of rules, the hash of a bundle, 'current' or 'shipped'."
_AGAINST = "The baseline, named likewise. Default: shipped; with --from current."
_LABELS = "Labels, one JSON a line. With --from, if not given, those of Kafka."


@click.command()
@click.option("--events", type=INPUT, help=_EVENTS)
@click.option(
    "--from",
    "begin",
    type=MOMENT,
    metavar="TIME",
    help="Take the verdicts that Kafka appended since then (2h: two hours ago): the time of the log, not of events.",
)
@click.option("--to", "end", type=MOMENT, metavar="TIME", help="… and before then. Default: up to now.")
@click.option("--labels", type=INPUT, help=_LABELS)
@click.option("--rules", required=True, metavar="A", help=_RULES)
@click.option("--against", metavar="B", help=_AGAINST)
@click.option("--alone", is_flag=True, help="The folders hold everything: without the rulebook that ships.")
@click.option("--kind", "kinds", multiple=True, help="Only this kind; may be repeated. Default: all kinds.")
@click.option("--out", type=OUTPUT, help="Write the report here as a page of HTML.")
@click.option("--json", "json_out", type=OUTPUT, help="Write the report here for programs.")
@click.option("--decisions", type=OUTPUT, help="Write what both decide about every event here, one JSON a line.")
@click.option("--workers", type=click.IntRange(1, 256), help="Processes on this machine. Default: as many as CPUs.")
@click.option("--dask", metavar="ADDRESS", help="Use the Dask scheduler at this address, or 'local'.")
def backtest(
    events: Path | None,
    begin: int | None,
    end: int | None,
    labels: Path | None,
    rules: str,
    against: str | None,
    alone: bool,
    kinds: tuple[str, ...],
    out: Path | None,
    json_out: Path | None,
    decisions: Path | None,
    workers: int | None,
    dask: str | None,
) -> None:
    """Compare what two sets of rules and policies decide about past events: candidate A and baseline B.

    Verdicts are judged by the features that they recorded. Events are replayed first, so that features are computed
    anew in their order. Either way a decision knows what was known at its moment, and nothing later. Escalations and
    budgets follow what each of the two decides. A folder is read as 'weir rules publish --folder' reads it.

    Lines that are neither are reported on standard error; the exit code is then 1.
    """
    if (events is None) == (begin is None):
        raise click.UsageError("say which events: either --events FILE or --from TIME [--to TIME]")
    if end is not None and begin is None:
        raise click.UsageError("--to goes with --from")
    settings = load_settings()
    refusals = Refusals("weir backtest")
    control = control_now(settings) if begin is not None else None
    words = (rules, against or ("shipped" if begin is None else "current"))
    pair = compared(settings, catalogues_of(None), words, kinds=kinds, alone=alone, control=control)
    given = _labels(settings, labels, begin is not None, refusals)
    truth = strongest((one.decision_id, GivenLabel(one.data.label, one.data.by, one.time_ms)) for one in given)
    work = Backtest(
        plan=pair.plan,
        names=pair.names,
        truth=truth,
        workers=workers or len(os.sched_getaffinity(0)),
        dask=dask,
    )

    def refuse(name: str, line: int, error: InvalidEvent) -> None:
        refusals.add(error.reason, f"{name}:{line}: {error.detail}")

    with ExitStack() as stack:
        every = None
        if decisions is not None:
            every = DecisionLines(stack.enter_context(open_output(decisions))).take
        files = input_files(events) if events is not None else []
        blocks = read_blocks(files) if files else _from_kafka(settings, begin, end)
        bar = stack.enter_context(progress("judging", sum(one.stat().st_size for one in files if one != STDIN)))
        source = open_source(blocks, settings, load_kinds(settings.kinds_folders), given, refuse)
        if source.reference is not None:
            tell_absent("weir backtest", source.reference)
        report = run(work, source, refuse, every, bar)
    _write(report, out, json_out)
    refusals.tell()
    if refusals.count:
        sys.exit(1)


def _labels(settings: Settings, file: Path | None, from_kafka: bool, refusals: Refusals) -> list[Label]:
    if file is not None:
        with open_input(file) as opened:
            given, refused = read_labels(opened.stream, settings.max_record_bytes)
    elif from_kafka:
        lines = read_topic(settings, settings.topic(LABELS), 0, EVER_MS)
        # Those of Kafka that are none have been sent to dead-letters already.
        return read_labels(lines, settings.max_record_bytes)[0]
    else:
        return []
    for number, error in refused:
        refusals.add(error.reason, f"{file.name}:{number}: {error.detail}")
    return given


def _from_kafka(settings: Settings, begin: int | None, end: int | None) -> Iterator[Block]:
    times_ms = (0 if begin is None else begin, EVER_MS if end is None else end)
    records = read_topic(settings, settings.topic(VERDICTS), *times_ms)
    return block_lines(settings.topic(VERDICTS), (record.replace(b"\n", b" ") for record in records))


def _write(report: Report, out: Path | None, json_out: Path | None) -> None:
    if out is not None:
        with open_output(out) as file:
            file.write(page(report).encode())
    if json_out is not None:
        with open_output(json_out) as file:
            file.write(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    if Path("-") not in (out, json_out):
        show(report)
