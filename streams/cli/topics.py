"""`weir topics apply`: creates the topics that are missing, and reports how the others differ from the settings."""

from __future__ import annotations

import click
from confluent_kafka import KafkaException

from features.kinds import load_kinds
from streams.cli.kafka import WAIT_S, await_kafka, quiet_admin
from streams.settings import load_settings
from streams.topics import apply_topics, plan_topics


@click.group()
def topics() -> None:
    """Kafka topics: what the settings plan, and what is there."""


@topics.command()
@click.option("--check", is_flag=True, help="Create nothing; a missing topic is a difference.")
@click.option("--wait", "wait_s", type=click.FloatRange(min=0), default=WAIT_S, show_default=True, metavar="SECONDS")
@click.pass_context
def apply(ctx: click.Context, check: bool, wait_s: float) -> None:
    """Create missing topics and compare the others; exit code 1 if any differs, 2 if Kafka is away.

    A difference is never changed here: partitions move keys, and a shorter retention deletes.
    """
    settings = load_settings()
    plans = plan_topics(settings, load_kinds(settings.kinds_folders))
    admin = quiet_admin(settings)
    try:
        await_kafka(admin, settings.kafka, wait_s)
        reports = apply_topics(admin, plans, create=not check)
    except KafkaException as error:
        click.echo(f"weir topics: Kafka refused: {error.args[0].str()}", err=True)
        ctx.exit(2)
    for report in reports:
        if report.created:
            click.echo(f"{report.name}: created")
        elif not report.differences:
            click.echo(f"{report.name}: ok")
        for difference in report.differences:
            click.echo(f"{report.name}: {difference}")
    ctx.exit(1 if any(report.differences for report in reports) else 0)
