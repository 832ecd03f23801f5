"""``weir models compare``: challengers beside the champion, on the same labelled decisions."""

from __future__ import annotations

from collections.abc import Iterator

import click
import msgspec
from rich.table import Table

from models.learning.figures import Beside, Figures
from streams.cli.models.known import Known, known
from streams.cli.signed import AS_JSON, show_json, show_table
from streams.gate import judged
from streams.settings import load_settings


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """A challenger, and what the gate says of it. ``beside``: the two on decisions that both scored, if any."""

    model: str
    champion: str
    passed: bool
    reasons: tuple[str, ...]
    beside: Beside | None
    figures: Figures | None
    champion_figures: Figures | None


@click.command()
@click.option("--kind", required=True, help="The kind.")
@AS_JSON
def compare(kind: str, as_json: bool) -> None:
    """Set the challengers of a kind beside its champion, on the same labelled decisions, and ask the gate.

    evidence: 100 is enough to promote; chance alone reaches x with a probability of at most 1/x, however often one
    looks. gain: by how much the challenger's Brier score, both classes weighing alike, is lower (so better).
    """
    now = known(load_settings())
    now.kinds(kind)
    compared = list(_compared(now, kind))
    if as_json:
        show_json(compared)
        return
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for title in ("model", "AUC", "champion's", "decisions", "evidence", "gain", "the gate"):
        table.add_column(title, overflow="fold")
    for one in compared:
        beside = one.beside
        table.add_row(
            one.model,
            _auc(one.figures),
            _auc(one.champion_figures),
            "" if beside is None else f"{beside.abuse + beside.legit:,}",
            "" if beside is None else f"{beside.evidence:,.1f}",
            "" if beside is None else f"{beside.gain:+.4f}",
            "passes" if one.passed else "\n".join(one.reasons),
        )
    show_table(table)


def _compared(now: Known, kind: str) -> Iterator[Compared]:
    champion = now.standing(kind).champion
    own = now.newest.get(champion.model)
    for name in now.models(kind):
        manifest = now.newest.get(name)
        if name == champion.model or manifest is None:
            continue
        judgement = judged(now.settings, manifest, champion.model)
        figures = manifest.figures
        beside = None if figures is None else figures.beside
        yield Compared(
            model=name,
            champion=str(champion),
            passed=judgement.passed,
            reasons=judgement.reasons,
            beside=beside if beside is not None and beside.champion == champion.model else None,
            figures=figures,
            champion_figures=None if own is None else own.figures,
        )


def _auc(figures: Figures | None) -> str:
    return "" if figures is None or figures.auc is None else f"{figures.auc:.4f}"
