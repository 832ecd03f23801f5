"""`weir simulate`: a made-up week of signups and logins with attacks among them, to files or to Kafka."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

import click

from streams.cli.import_ import OUTPUT
from streams.cli.kafka import open_producer
from streams.cli.output import open_output
from streams.cli.progress import Pace, progress
from streams.cli.refusals import Refusals
from streams.clients.producer import EventProducer
from streams.clients.report import Refused
from streams.mail.dates import moment_ms
from streams.settings import load_settings
from streams.simulator.run import ATTACKS, DEFAULT_START_MS, LABEL, PERIOD_MS, Simulated
from streams.simulator.run import simulate as simulated


@click.command()
@click.option("--events", type=click.IntRange(min=0), default=10_000, show_default=True, help="How many, exactly.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed and start give the same bytes.")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="Events a second; else as fast as it goes.")
@click.option("--start", help="When the week begins (ISO 8601); with --produce it ends now unless this is given.")
@click.option(
    "--attacks",
    type=click.FloatRange(0, 1),
    default=ATTACKS,
    show_default=True,
    help="The attackers' share of the events; 0 gives ordinary traffic alone.",
)
@click.option("--out", type=OUTPUT, help="Write the events here, one a line (.gz packs them).")
@click.option("--labels-out", type=OUTPUT, help="Write the labels here.")
@click.option("--produce", is_flag=True, help="Send events and labels to Kafka, in the order of their time.")
@click.pass_context
def simulate(
    ctx: click.Context,
    events: int,
    seed: int,
    rate: float | None,
    start: str | None,
    attacks: float,
    out: Path | None,
    labels_out: Path | None,
    produce: bool,
) -> None:
    """Make up a week of a population's signups, logins and mails, with attacks and late labels.

    It shows plumbing and load, never detection quality: whoever makes up the attacks also knows them.
    """
    if produce == (out is not None):
        raise click.UsageError("say where to: either --out FILE or --produce")
    if produce and labels_out is not None:
        raise click.UsageError("--produce sends the labels too: leave --labels-out away")
    start_ms = _start_ms(start, produce)
    refusals = Refusals("weir simulate")
    labels = 0
    with ExitStack() as stack:
        events_file = stack.enter_context(open_output(out)) if out is not None else None
        labels_file = stack.enter_context(open_output(labels_out)) if labels_out is not None else None
        producer = stack.enter_context(open_producer(load_settings())) if produce else None
        show = stack.enter_context(progress("simulating", events))
        pace = Pace(rate)
        done = 0
        for one in simulated(events, seed, start_ms, attacks):
            if one.kind == LABEL:
                labels += 1
            else:
                done += 1
                pace.wait()
                show(done, done)
            file = labels_file if one.kind == LABEL else events_file
            if file is not None:
                file.write(one.record + b"\n")
            elif producer is not None:
                _send(producer, one, refusals)
        if producer is not None:
            refusals.add_undelivered(producer.flush())
    refusals.tell()
    click.echo(f"{done} events, {labels} labels", err=True)
    ctx.exit(1 if refusals.count else 0)


def _start_ms(start: str | None, produce: bool) -> int:
    if start is None:
        # What was simulated is over when it is sent: no event is from the future.
        return int(time.time() * 1000) - PERIOD_MS if produce else DEFAULT_START_MS
    found = moment_ms(start)
    if found is None:
        raise click.BadParameter("give an ISO 8601 time, for instance 2026-01-05T00:00:00Z", param_hint="--start")
    return found


def _send(producer: EventProducer, one: Simulated, refusals: Refusals) -> None:
    try:
        if one.kind == LABEL:
            producer.send_label(one.record)
        else:
            producer.send(one.record)
    except Refused as refused:
        refusals.add(refused.reason, f"a simulated {one.kind}: {refused.detail}")
