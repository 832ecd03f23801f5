"""``weir models list``: which models there are, which of them counts, and how good they were."""

from __future__ import annotations

import click
import msgspec
from rich.table import Table

from features.event import to_rfc3339
from streams.cli.models.aliased import Aliased, aliased
from streams.cli.models.known import known
from streams.cli.plain import plain
from streams.cli.signed import AS_JSON, day, show_json, show_table
from streams.settings import load_settings


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One model, or one version of it, as ``Aliased`` names it.

    ``learned``: examples. ``auc``, ``calibration_error``: of the newest labelled decisions, as they were scored when
    they were decided; None: not enough labels.
    """

    kind: str
    model: str
    version: str | None
    alias: str
    pinned: bool = False
    ready: bool = False
    learned: int = 0
    labels: int = 0
    auc: float | None = None
    calibration_error: float | None = None
    drifting: tuple[str, ...] = ()
    made: str | None = None


@click.command("list")
@click.option("--kind", help="Only this kind.")
@click.option("--all", "everything", is_flag=True, help="Also every version that the registry still has.")
@AS_JSON
def list_(kind: str | None, everything: bool, as_json: bool) -> None:
    """List the models of each kind: champion, challengers, archived ones."""
    now = known(load_settings())
    listed = [_listed(each, one) for each in now.kinds(kind) for one in aliased(now, each, everything)]
    if as_json:
        show_json(listed)
        return
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for title in ("kind", "model", "version", "is", "learned", "labels", "AUC", "calibration error", "made", ""):
        table.add_column(title, overflow="fold", justify="right" if title in ("learned", "labels") else "left")
    for one in listed:
        words = [] if one.ready else ["warming"]
        words += ["pinned"] if one.pinned else []
        words += [f"drifting: {what}" for what in one.drifting]
        table.add_row(
            one.kind,
            one.model,
            one.version[:12] if one.version is not None else "untrained",
            one.alias,
            f"{one.learned:,}",
            f"{one.labels:,}",
            _figure(one.auc),
            _figure(one.calibration_error),
            one.made[:16].replace("T", " ") if one.made is not None else "",
            ", ".join(words),
        )
    show_table(table)
    for each in now.kinds(kind):
        for wrong in now.standing(each).wrong:
            click.echo(wrong)
        for promotion in now.standing(each).history[:1]:
            how = "rolled back" if promotion.rollback else "promoted"
            why = f": {promotion.note}" if promotion.note else ""
            by = plain(f"{promotion.by}{why}")
            click.echo(f"{each}: {promotion.champion} was {how} on {day(promotion.at_ms)} by {by}")


def _listed(kind: str, one: Aliased) -> Listed:
    listed = Listed(kind=kind, model=one.model, version=one.version, alias=one.alias, pinned=one.pinned)
    manifest = one.manifest
    if manifest is None:
        return listed
    figures = manifest.figures
    return msgspec.structs.replace(
        listed,
        ready=manifest.ready,
        learned=manifest.learned,
        labels=0 if figures is None else figures.abuse + figures.legit,
        auc=None if figures is None else figures.auc,
        calibration_error=None if figures is None else figures.calibration_error,
        drifting=manifest.drifting,
        made=to_rfc3339(manifest.made_ms),
    )


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
