"""``weir models report``: what the models of each kind are worth, as one page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from models.drift import Alarm
from models.errors import ModelError
from streams.champions import Promotion
from streams.cli.models.aliased import CHALLENGER, aliased
from streams.cli.models.known import Known, known
from streams.cli.output import open_output
from streams.cli.signed import now_ms
from streams.gate import judged
from streams.learning.drifting import WATCH_KEY, WatchRecord
from streams.model_report.page import page
from streams.model_report.told import Changed, Kind, Shown
from streams.settings import load_settings

_CHANGES = 10


@click.command()
@click.option("--kind", help="Only this kind.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The page, FILE.html.")
def report(kind: str | None, out: Path) -> None:
    """Write one HTML page about the models of each kind: figures, calibration, promises, the gate, drift.

    It needs nothing beside itself, and names no person, no address and no event.
    """
    now = known(load_settings())
    kinds = [_kind(now, each) for each in now.kinds(kind)]
    with open_output(out) as file:
        file.write(page(kinds, now_ms()).encode())
    click.echo(f"{out}: {', '.join(one.kind for one in kinds)}", err=True)


def _kind(now: Known, kind: str) -> Kind:
    standing = now.standing(kind)
    return Kind(
        kind=kind,
        models=tuple(_shown(now, kind, standing.champion.model)),
        changed=tuple(_changed(one) for one in standing.history[:_CHANGES]),
        alarms=_alarms(now.control.get(f"{WATCH_KEY}{kind}")),
    )


def _shown(now: Known, kind: str, champion: str) -> Iterator[Shown]:
    for one in aliased(now, kind):
        shown = Shown(alias=one.alias, model=one.model, version=one.version, pinned=one.pinned, manifest=one.manifest)
        if one.alias == CHALLENGER and one.manifest is not None:
            shown = msgspec.structs.replace(shown, judgement=judged(now.settings, one.manifest, champion))
        yield shown


def _changed(promotion: Promotion) -> Changed:
    """Without the person and his note."""
    return Changed(
        champion=str(promotion.champion),
        replaced=str(promotion.replaced),
        at_ms=promotion.at_ms,
        rollback=promotion.rollback,
        passed=promotion.passed,
    )


def _alarms(value: bytes | None) -> tuple[Alarm, ...] | None:
    if value is None:
        return None
    try:
        return msgspec.json.decode(value, type=WatchRecord).alarms
    except (msgspec.MsgspecError, UnicodeError):
        raise ModelError(
            "what control says of drift cannot be read: the learner is of another version of Weir"
        ) from None
