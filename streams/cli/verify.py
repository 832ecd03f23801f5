"""``weir verify``: verdicts are judged again from what they record, and have to be the same to the byte."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from features.reference import load_reference
from streams.cli.features.known import catalogues_of
from streams.cli.import_ import INPUT
from streams.cli.moments import MOMENT
from streams.cli.plain import plain
from streams.cli.progress import progress
from streams.cli.recorded_bundles import RULES, RecordedBundles
from streams.clients.verdict_log import VerdictLog
from streams.declared import declared_models
from streams.files import STDIN, open_input
from streams.offline.verify import Finding, ModelVersions, Report, Verifier
from streams.offline.verify.sample import Wanted, sample
from streams.settings import load_settings

_SHOWN = 20


@click.command()
@click.argument("file", type=INPUT, required=False)
@click.option("--sample", "size", type=click.IntRange(1), help="So many verdicts from Kafka, drawn at random.")
@click.option(
    "--from", "from_ms", type=MOMENT, help="With --sample: of event times from then on (2h: two hours ago)."
)
@click.option("--to", "to_ms", type=MOMENT, help="With --sample: of event times before then.")
@click.option("--kind", help="With --sample: only this kind's.")
@RULES
@click.pass_context
def verify(
    ctx: click.Context,
    file: Path | None,
    size: int | None,
    from_ms: int | None,
    to_ms: int | None,
    kind: str | None,
    rules: tuple[Path, ...],
) -> None:
    """Judge verdicts again, those of FILE (one JSON a line, also .gz or - for standard input) or a sample from Kafka.

    Digest, ids, entities, scores, reasons, policy, action and expiry have to come out the same to the byte; fields,
    features and facts are what a verdict is judged by, and are taken as recorded. Models are loaded by version while
    the registry keeps them (keep_models_hours); a verdict whose model is gone is judged from its recorded scores on.
    Exit code 1 if any verdict differs, or could not be judged again because its rules are nowhere to be found.
    """
    if (file is None) == (size is None):
        raise click.UsageError("say what: a FILE of verdicts, or --sample N of those in Kafka")
    if file is not None and (from_ms, to_ms, kind) != (None, None, None):
        raise click.UsageError("--from, --to and --kind go with --sample")
    settings = load_settings()
    catalogues = catalogues_of(None)
    if kind is not None:
        catalogues_of(kind)
    versions = ModelVersions(settings.registry, declared_models(settings, catalogues), settings.registry_key_file)
    bundles = RecordedBundles(settings, catalogues, rules, required=size is not None)
    verifier = Verifier(catalogues, bundles.get, versions, load_reference(settings.reference_folder))
    started_s = time.monotonic()
    if file is not None:
        _judge(verifier, _lines(file))
    elif size is not None:
        wanted = Wanted(from_ms=from_ms, to_ms=to_ms, kind=kind)
        with VerdictLog(settings) as log:
            records, seen = sample(log, size, wanted, settings.max_future_s)
        click.echo(f"{len(records):,} drawn of {seen:,} verdicts in Kafka")
        started_s = time.monotonic()
        _judge(verifier, records)
    _tell(verifier.report, versions, time.monotonic() - started_s)
    ctx.exit(0 if verifier.report.proven else 1)


def _lines(file: Path) -> Iterator[tuple[str, bytes]]:
    total = file.stat().st_size if file != STDIN else 0
    with open_input(file) as opened, progress("verifying", total) as show:
        for number, line in enumerate(opened.stream, start=1):
            record = line.strip()
            if record:
                yield f"{file}:{number}", record
            show(opened.position, number)


def _judge(verifier: Verifier, records: Iterable[tuple[str, bytes]]) -> None:
    shown = 0
    for place, record in records:
        finding = verifier.verify(record)
        if finding is None:
            continue
        # Of verdicts whose rules are gone, and say nothing else, one stands for all.
        alike = finding.unverified and finding.intact and verifier.report.unverified[finding.unverified] > 1
        if not alike and shown < _SHOWN:
            _show(place, finding)
            shown += 1
            if shown == _SHOWN:
                click.echo(f"(further ones are counted; the first {_SHOWN} are shown)")


def _show(place: str, finding: Finding) -> None:
    click.echo(f"{place}: verdict {plain(finding.id)}" if finding.id else f"{place}:")
    if not finding.intact:
        click.echo("  its digest does not fit: it was altered after it was made")
    if finding.unverified:
        click.echo(f"  not judged again: {plain(finding.unverified)}")
    for one in finding.differences:
        click.echo(f"  {plain(one.field)}: recorded {one.recorded}, recomputed {one.recomputed}")


def _tell(report: Report, versions: ModelVersions, elapsed_s: float) -> None:
    records = report.verdicts + report.broken
    click.echo(
        f"{records:,} records in {elapsed_s:.1f} s ({records / max(elapsed_s, 1e-9):,.0f}/s): "
        f"{report.in_full + report.from_scores:,} the same to the byte, {report.different:,} different, "
        f"{report.broken:,} that are no verdicts, {report.unverified.total():,} that could not be judged again"
    )
    click.echo(f"  verified in full {report.in_full:,}")
    if report.from_scores:
        click.echo(f"  verified from their recorded scores on {report.from_scores:,}, because a model is gone")
    for model, gone in sorted(versions.gone.items()):
        click.echo(f"    {plain(model)}: {len(gone):,} versions are gone")
    for model, why in sorted(versions.faults.items()):
        click.echo(f"    {plain(model)}: cannot be used: {plain(why)}")
    if report.corrections:
        click.echo(f"  corrections {report.corrections:,}")
    if report.other_schema:
        click.echo(f"  made with other feature definitions than today's {report.other_schema:,}")
    if report.not_intact:
        click.echo(f"  DIGEST DOES NOT FIT {report.not_intact:,}")
    for why, count in report.unverified.most_common():
        click.echo(f"  NOT VERIFIED {count:,}: {plain(why)}")
