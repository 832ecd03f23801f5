"""``weir models list``: which models there are, which of them counts, and how good they were."""

from __future__ import annotations

from collections.abc import Iterator

import click
import msgspec
from rich.table import Table

from features.event import to_rfc3339
from models.registry import Manifest
from streams.cli.models.known import Known, known
from streams.cli.signed import AS_JSON, day, show_json, show_table
from streams.settings import load_settings

CHAMPION, CHALLENGER, ARCHIVED, STORED = "champion", "challenger", "archived", "stored"


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One model, or one version of it. ``alias``: champion; challenger, which scores in the shadow; archived, a
    version that was promoted and is kept for good; stored, another version that the registry still has.

    ``version``: None before it has learned anything. ``learned``: examples. ``auc``, ``calibration_error``: of the
    newest labelled decisions, as they were scored when they were decided; None: not enough labels.
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
    listed = [one for each in now.kinds(kind) for one in _of_kind(now, each, everything)]
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
        for promotion in now.standing(each).history[:1]:
            how = "rolled back" if promotion.rollback else "promoted"
            why = f": {promotion.note}" if promotion.note else ""
            click.echo(f"{each}: {promotion.champion} was {how} on {day(promotion.at_ms)} by {promotion.by}{why}")


def _of_kind(now: Known, kind: str, everything: bool) -> Iterator[Listed]:
    champion = now.standing(kind).champion
    seen: set[tuple[str, str]] = set()
    names = sorted(now.models(kind), key=lambda name: (name != champion.model, name))
    if champion.model not in names:
        names.insert(0, champion.model)
    for name in names:
        if name == champion.model and champion.version is not None:
            manifest = now.registry.find(name, champion.version)
            yield _listed(kind, name, manifest, CHAMPION, version=champion.version)
            seen.add((name, champion.version))
        else:
            manifest = now.newest.get(name)
            yield _listed(kind, name, manifest, CHAMPION if name == champion.model else CHALLENGER)
            if manifest is not None:
                seen.add((name, manifest.version))
    stored = [one for one in now.registry.list(newest=None if everything else 0) if one.kind == kind]
    kept = {(one.model, one.version) for name in {one.model for one in stored} for one in now.registry.kept(name)}
    for one in stored:
        if (one.model, one.version) not in seen:
            seen.add((one.model, one.version))
            yield _listed(kind, one.model, one, ARCHIVED if (one.model, one.version) in kept else STORED)


def _listed(kind: str, model: str, manifest: Manifest | None, alias: str, version: str | None = None) -> Listed:
    if manifest is None:
        return Listed(kind=kind, model=model, version=version, alias=alias, pinned=version is not None)
    figures = manifest.figures
    return Listed(
        kind=kind,
        model=model,
        version=manifest.version,
        alias=alias,
        pinned=version is not None,
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
