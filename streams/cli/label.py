"""``weir label``: what somebody found to be true about one event, told to the models by hand."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import get_args

import click

from features.event import decision_id
from models.verdict import Verdict
from streams.cli.features.known import catalogues_of
from streams.cli.kafka import WAIT_S, KafkaAway, await_kafka, open_producer, quiet_admin
from streams.cli.plain import plain
from streams.cli.signed import now_ms, user
from streams.clients.report import DeliveryError
from streams.elastic import make_client
from streams.explain.elastic import ElasticAway, ElasticRecords
from streams.explain.find import find, why_not_one
from streams.explain.log import LogRecords
from streams.settings import Settings, load_settings
from streams.wire import LabelBy, LabelData, LabelValue, encode_label

_SOURCE = "weir label"
_LONGEST = 1024
_OVERRULED = {"analyst": "anybody", "user": "users and automatic sources"}
_AUTOMATIC = "automatic sources"


@click.command()
@click.argument("id")
@click.option("--abuse", is_flag=True, help="It was abuse.")
@click.option("--legit", is_flag=True, help="It was somebody honest.")
@click.option("--withdraw", is_flag=True, help="Take back what was said about it, by nobody stronger.")
@click.option(
    "--by",
    type=click.Choice(get_args(LabelBy)),
    default="analyst",
    show_default=True,
    help="Whose word it is: an analyst's goes before a user's, that before a honeypot's or rule's.",
)
@click.option("--labeller", default=user, metavar="NAME", help="Who says it; by default the user of the system.")
@click.option("--note", help="Why, for those who read it later.")
@click.option("--source", help="The event's source, where ID is an event's id.")
@click.option("--kind", help="The event's kind, where ID is an event's id.")
@click.pass_context
def label(
    ctx: click.Context,
    id: str,
    abuse: bool,
    legit: bool,
    withdraw: bool,
    by: LabelBy,
    labeller: str,
    note: str | None,
    source: str | None,
    kind: str | None,
) -> None:
    """Say what was found to be true about the decision ID; ID may also be the id of its event.

    A decision is looked up in Elasticsearch, and in Kafka where that is away or has none. With --kind and --source
    ID is an event's id, and nothing is looked up. It returns when Kafka has the label. Exit code 1 if there is no
    such decision, or several.
    """
    value = _value(abuse, legit, withdraw)
    for option, text in (("ID", id), ("--labeller", labeller), ("--source", source)):
        if text is not None and not 0 < len(text) <= _LONGEST:
            raise click.UsageError(f"{option}: write 1 to {_LONGEST} characters")
    if kind is not None:
        catalogues_of(kind)
    settings = load_settings()
    found: Verdict | None = None
    if kind is None or source is None:
        found = _found(ctx, settings, id, source, kind)
        event = found.data.event
        id, source, kind = event.id, event.source, event.kind
        # One that was decided elsewhere, with other kinds, could teach nobody here.
        catalogues_of(kind)
    data = LabelData(
        event_id=id,
        event_source=source,
        kind=kind,
        label=value,
        by=by,
        labeller=labeller,
        event_time=None if found is None else found.time,
        note=note,
    )
    _send(settings, data)
    for line in _told(data, found):
        click.echo(plain(line))


def _value(abuse: bool, legit: bool, withdraw: bool) -> LabelValue:
    if abuse + legit + withdraw != 1:
        raise click.UsageError("say one of --abuse, --legit and --withdraw")
    return "abuse" if abuse else "legit" if legit else "withdrawn"


def _found(ctx: click.Context, settings: Settings, wanted: str, source: str | None, kind: str | None) -> Verdict:
    client = make_client(settings)
    kinds = {name: catalogue.kind for name, catalogue in catalogues_of(None).items()}
    try:
        found, where = find(ElasticRecords(client, settings, kinds), wanted, source, kind), "Elasticsearch"
    except ElasticAway as away:
        click.echo(f"weir label: {away.message.partition(':')[0]}: looking in Kafka", err=True)
        found, where = [], "Kafka"
    finally:
        client.close()
    if not found:
        # What was decided a moment ago is not indexed yet.
        await_kafka(quiet_admin(settings), settings.kafka)
        found = find(LogRecords(settings), wanted, source, kind)
        where = "Kafka" if where == "Kafka" else "what Elasticsearch and Kafka hold"
    if len(found) != 1:
        click.echo(f"weir label: {plain(why_not_one(found, where))}", err=True)
        ctx.exit(1)
    return found[0]


def _send(settings: Settings, data: LabelData) -> None:
    """Returns when it is delivered; raises Refused, or KafkaAway."""
    record = encode_label(uuid.uuid4().hex, _SOURCE, now_ms(), data)
    try:
        with open_producer(settings) as producer:
            producer.send_label(record)
            report = producer.flush(WAIT_S)
    except DeliveryError as error:
        raise KafkaAway(
            f"it is not certain that Kafka has the label ({error}): saying it again does no harm"
        ) from None
    if report.refusals:
        raise report.refusals[0]


def _told(data: LabelData, found: Verdict | None) -> Iterator[str]:
    decision = decision_id(data.kind, data.event_source, data.event_id)
    yield f"{data.kind} event {data.event_id} of {data.event_source} (decision {decision}):"
    yield f"  sent: {data.label}, by {data.by} {data.labeller}{f' ({data.note})' if data.note else ''}"
    yield f"  {_meaning(data)}"
    if found is None:
        yield "  It was not looked up: a label that comes before its decision waits for it, for 7 days."
        return
    yield f"  It was decided at {found.time}: {found.data.action}"
    for score in found.data.scores:
        warming = ", warming" if score.warming else ""
        yield f"    {score.model} ({score.role}{warming}) said {score.score:.4g}"


def _meaning(data: LabelData) -> str:
    if data.label == "withdrawn":
        whose = _OVERRULED.get(data.by, _AUTOMATIC)
        return (
            f"What {whose} said about it before is taken back: data sets and figures leave it out. A model that "
            "learned it keeps its weights."
        )
    unless = {"analyst": "", "user": ", unless an analyst said otherwise"}
    stands = unless.get(data.by, ", unless an analyst or a user said otherwise")
    learned = "abuse (1)" if data.label == "abuse" else "legit (0)"
    return f"Models that learn from labels learn it as {learned}{stands}."
