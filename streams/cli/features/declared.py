"""What is counted about whom, complete enough to recompute every value: ``weir features list`` and ``inputs``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.table import Table

from features.aggregations.base import FeatureInfo
from features.document import document
from features.errors import InvalidEvent
from features.event import EventDecoder, open_envelope
from features.reference import load_reference
from streams.cli.features.known import catalogues_of
from streams.cli.import_ import INPUT
from streams.cli.reference import tell_absent
from streams.cli.refusals import Refusals
from streams.files import open_input
from streams.settings import load_settings

# Offline no time is in the future.
_NO_FUTURE_S = 10**12


def _told(info: FeatureInfo) -> dict[str, Any]:
    """The description with its least and greatest value as one range; None: there is no bound."""
    told: dict[str, Any] = msgspec.to_builtins(info)
    told["range"] = [told.pop("least"), told.pop("most")]
    return told


@click.command("list")
@click.option("--kind", help="Only this kind's.")
@click.option("--json", "as_json", is_flag=True, help="One array of objects, with everything that defines a feature.")
@click.option("--markdown", "as_markdown", is_flag=True, help="The text of docs/features.md.")
def list_(kind: str | None, as_json: bool, as_markdown: bool) -> None:
    """List the features in the order of the vector."""
    known = catalogues_of(kind).values()
    if as_markdown:
        click.echo(document(known))
        return
    infos = [info for catalogue in known for info in catalogue.infos]
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode([_told(info) for info in infos]), indent=2).decode())
        return
    console = Console()
    if not console.is_terminal:
        console.width = 160
    table = Table("kind", "feature", "aggregation", "of", "where", "what it says", show_edge=False)
    for info in infos:
        table.add_row(
            info.kind, info.name, info.aggregation, ", ".join(info.inputs), info.condition or "", info.sentence
        )
    console.print(table, highlight=False)


@click.command()
@click.option("--events", required=True, type=INPUT, help="Events, one JSON a line; .gz and - work.")
@click.pass_context
def inputs(ctx: click.Context, events: Path) -> None:
    """Print what each event of a file is made of, one JSON a line: its entities, its derived inputs (what reference
    data said of it too), and the features that it alone tells."""
    settings = load_settings()
    reference = load_reference(settings.reference_folder)
    tell_absent("weir features inputs", reference)
    known = catalogues_of(None)
    decoders = {
        name: EventDecoder(catalogue.kind, settings.max_record_bytes, _NO_FUTURE_S)
        for name, catalogue in known.items()
    }
    refusals = Refusals("weir features inputs")
    with open_input(events) as opened:
        for number, line in enumerate(opened.stream, start=1):
            if not line.strip():
                continue
            try:
                kind = open_envelope(line.strip(), settings.max_record_bytes).type
                if kind not in known:
                    raise InvalidEvent("kind", "the record's type is no kind that is known here")
                event = decoders[kind].decode(line.strip())
            except InvalidEvent as error:
                refusals.add(error.reason, f"{events}:{number}: {error.detail}")
                continue
            catalogue = known[kind]
            prepared = catalogue.prepare(event, reference)
            told = {
                "kind": kind,
                "source": event.source,
                "id": event.id,
                "time_ms": event.time_ms,
                "entities": prepared.entities,
                "inputs": dict(zip(catalogue.inputs, prepared.inputs, strict=True)),
                "features": catalogue.stateless(event, reference),
                "reference": reference.version,
            }
            click.echo(msgspec.json.encode(told))
    refusals.tell()
    ctx.exit(1 if refusals.count else 0)
