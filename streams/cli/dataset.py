"""``weir dataset``: decisions with their features as they were, and what was found out about them, for notebooks."""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import click

from features.catalogue import Catalogue
from features.errors import InvalidEvent, WeirError
from features.event import LAST_MS, to_rfc3339
from models.backtest.truth import Held, held
from streams.cli.dataset_sources import FileVerdicts, RecordedVerdicts
from streams.cli.features.known import catalogues_of
from streams.cli.import_ import INPUT, OUTPUT
from streams.cli.kafka import KafkaAway, await_kafka, quiet_admin
from streams.cli.moments import MOMENT
from streams.cli.output import STDOUT, open_output
from streams.cli.progress import progress
from streams.cli.refusals import Refusals
from streams.clients.verdict_log import VerdictLog
from streams.files import open_input
from streams.offline.backtest.topic import EVER_MS, read_topic
from streams.offline.dataset.kafka import begin_of
from streams.offline.dataset.labels import given_labels
from streams.offline.dataset.rows import Counts, Wanted
from streams.settings import Settings, load_settings
from streams.topics import LABELS, VERDICTS


@click.command()
@click.option("--kind", required=True, help="The kind of the events.")
@click.option("--from", "from_ms", type=MOMENT, metavar="TIME", help="Event times from then on (2h: two hours ago).")
@click.option("--to", "to_ms", type=MOMENT, metavar="TIME", help="Event times before then. Default: now.")
@click.option("--out", required=True, type=OUTPUT, help="The Parquet file; - is standard output.")
@click.option("--fields", is_flag=True, help="With entities and event fields: personal data. Never private text.")
@click.option("--verdicts", type=INPUT, help="Verdicts of this file, one JSON a line, and not of the services.")
@click.option("--labels", type=INPUT, help="Labels of this file, one JSON a line, and not those of Kafka.")
@click.pass_context
def dataset(
    ctx: click.Context,
    kind: str,
    from_ms: int | None,
    to_ms: int | None,
    out: Path,
    fields: bool,
    verdicts: Path | None,
    labels: Path | None,
) -> None:
    """Write decisions with their features as they were recorded, and with their labels, as a Parquet file.

    A row a decision: ids, time, schema, action, score, one column a feature, score.MODEL, and of the labels the
    strongest, by whom and when. Verdicts come from Kafka as far as it retains them, older ones from Elasticsearch;
    labels from Kafka: older ones are gone. Corrections are left out. Exit code 1 if a file held something else.
    """
    if importlib.util.find_spec("pyarrow") is None:
        raise WeirError("pyarrow is not installed: pip install pyarrow (the extra weir[notebooks])")
    if verdicts is None and from_ms is None:
        raise click.UsageError("say since when: --from TIME, or name a file: --verdicts FILE")
    catalogue = catalogues_of(kind)[kind]
    if to_ms is None and verdicts is None:
        to_ms = MOMENT.convert("now", None, ctx)
    if from_ms is not None and to_ms is not None and to_ms <= from_ms:
        raise click.UsageError("--to is not after --from")
    settings = load_settings()
    wanted = Wanted(kind, from_ms, to_ms, fields, catalogue.kind.private)
    refusals = Refusals("weir dataset")
    _write(settings, catalogue, wanted, out, verdicts, labels, refusals)
    refusals.tell()
    ctx.exit(1 if refusals.count else 0)


def _write(
    settings: Settings,
    catalogue: Catalogue,
    wanted: Wanted,
    out: Path,
    verdicts: Path | None,
    labels: Path | None,
    refusals: Refusals,
) -> None:
    # It takes a quarter of a second to load, and is not always there.
    from streams.offline.dataset.run import make

    truth: Mapping[str, Held] = {}
    if labels is not None:
        truth = _labels_of_file(settings, wanted.kind, labels, refusals)
    elif verdicts is None:
        truth = _labels_of_kafka(settings, wanted)
    with ExitStack() as stack:
        sink = stack.enter_context(open_output(out))
        folder = Path(tempfile.gettempdir()) if out == STDOUT else out.resolve().parent
        found: FileVerdicts | RecordedVerdicts
        if verdicts is not None:
            found = FileVerdicts(verdicts, refusals)
        else:
            found = RecordedVerdicts(settings, catalogue.kind, wanted)
        show = stack.enter_context(progress("reading verdicts", found.total))
        counts, unlike = make(found, truth, wanted, catalogue, sink, folder, lambda rows: show(found.done, rows))
    for line in _told(counts, truth, wanted, unlike, found.unreadable):
        click.echo(line, err=True)


def _labels_of_file(settings: Settings, kind: str, path: Path, refusals: Refusals) -> Mapping[str, Held]:
    def refuse(number: int, error: InvalidEvent) -> None:
        refusals.add(error.reason, f"{path.name}:{number}: {error.detail}")

    with open_input(path) as opened:
        return held(given_labels(opened.stream, kind, settings.max_record_bytes, refuse))


def _labels_of_kafka(settings: Settings, wanted: Wanted) -> Mapping[str, Held]:
    admin = quiet_admin(settings)
    await_kafka(admin, settings.kafka)
    missing = {settings.topic(name) for name in (LABELS, VERDICTS)} - set(admin.list_topics(timeout=10).topics)
    if missing:
        raise KafkaAway(f"topics are missing: {', '.join(sorted(missing))}: run 'weir topics apply'")
    with VerdictLog(settings, LABELS) as log:
        begin = begin_of(log)
    if begin.lost and begin.at_ms > (wanted.from_ms or 0):
        since = to_rfc3339(min(begin.at_ms, LAST_MS))
        click.echo(f"weir dataset: labels sent before {since} are gone: Kafka retains them no more", err=True)
    lines = read_topic(settings, settings.topic(LABELS), 0, EVER_MS)
    # Those that are none have been sent to dead-letters already.
    return held(given_labels(lines, wanted.kind, settings.max_record_bytes, lambda _number, _error: None))


def _told(counts: Counts, truth: Mapping[str, Held], wanted: Wanted, unlike: int, unreadable: int) -> Iterator[str]:
    by_label = ", ".join(
        f"{counts.labels[name]:,} {word}"
        for name, word in (("abuse", "abuse"), ("legit", "legit"), ("none", "without a label"))
    )
    yield f"{counts.rows:,} rows of {wanted.kind}: {by_label}"
    if len(counts.schemas) > 1:
        yield f"{len(counts.schemas)} feature schemas: what one of them lacks is null there"
    left_out = {
        "met a second time": counts.repetitions,
        "corrections": counts.corrections,
        "records that are no verdicts": unreadable,
    }
    if any(left_out.values()):
        yield "left out: " + ", ".join(f"{count:,} {what}" for what, count in left_out.items() if count)
    withdrawn = sum(one.given is None for one in truth.values())
    others = len(truth) - counts.labelled_ids
    if truth:
        yield f"labelled decisions: {len(truth):,}, {others:,} of them not among the rows, {withdrawn:,} withdrawn"
    if unlike:
        yield f"{unlike:,} values of fields are null: they are not of the type that the kind declares by now"
