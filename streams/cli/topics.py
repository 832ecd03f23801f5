"""`weir topics apply`: creates the topics that are missing, and reports how the others differ from the settings."""

from __future__ import annotations

import time
from typing import Any

import click
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from features.kinds import load_kinds
from streams.settings import load_settings
from streams.topics import apply_topics, plan_topics

WAIT_S = 60.0


class KafkaAway(Exception):
    """Kafka did not answer in time: look whether it runs and whether its address is right."""


def await_kafka(admin: AdminClient, address: str, wait_s: float = WAIT_S) -> None:
    """Return when Kafka answers, asking again with backoff; raises KafkaAway after ``wait_s``."""
    until_s = time.monotonic() + wait_s
    pause_s = 0.25
    told = False
    while True:
        try:
            admin.list_topics(timeout=min(2.0, max(0.1, until_s - time.monotonic())))
        except KafkaException as error:
            if not told:
                click.echo(f"waiting up to {wait_s:.0f} s for Kafka at {address}", err=True)
                told = True
            if time.monotonic() >= until_s:
                raise KafkaAway(f"Kafka at {address} does not answer ({error.args[0].name()})") from None
            time.sleep(min(pause_s, max(0.0, until_s - time.monotonic())))
            pause_s = min(pause_s * 2, 5.0)
        else:
            return


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
    # librdkafka's own complaints would be many lines; the wait below says it in one.
    options: dict[str, Any] = {"bootstrap.servers": settings.kafka, "log_level": 0, "error_cb": lambda _error: None}
    admin = AdminClient(options)
    try:
        await_kafka(admin, settings.kafka, wait_s)
        reports = apply_topics(admin, plans, create=not check)
    except KafkaAway as error:
        click.echo(f"weir topics: {error}: is it running (weir services up), and is WEIR_KAFKA right?", err=True)
        ctx.exit(2)
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
