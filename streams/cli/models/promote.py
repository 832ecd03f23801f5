"""``weir models promote``: a challenger becomes champion, if the gate lets it through."""

from __future__ import annotations

import click

from models.errors import ModelError
from models.registry import refuse
from streams.champions import Champion, Promotion
from streams.cli.models.known import Known, known
from streams.cli.signed import AUTHOR, now_ms
from streams.gate import judged
from streams.promotion import crown
from streams.settings import load_settings


@click.command()
@click.argument("model")
@click.option("--force", is_flag=True, help="Promote it whatever the gate says.")
@click.option("--note", default="", help="Why, for those who look at the history later.")
@AUTHOR
@click.option("--dry-run", is_flag=True, help="Say what the gate says; change nothing.")
@click.pass_context
def promote(ctx: click.Context, model: str, force: bool, note: str, author: str, dry_run: bool) -> None:
    """Make MODEL (as login.mine) the champion of its kind: from then on its score counts, on all workers.

    It goes on learning; MODEL@VERSION (or the version's beginning) is pinned, and does not. The gate lets it through
    only if it is better than the champion on the same labelled decisions, calibrated, fast enough and not drifting.
    Exit code 1, with what failed, if it is not.
    """
    now = known(load_settings())
    wanted, manifest = now.found(model)
    refuse(manifest, now.catalogues[manifest.kind])
    standing = now.standing(manifest.kind)
    for words in standing.wrong:
        click.echo(words)
    if standing.champion == wanted and not standing.wrong:
        click.echo(f"{wanted} is the champion of {manifest.kind} already. Nothing is done.")
        return
    judgement = judged(now.settings, manifest, standing.champion.model)
    for reason in judgement.reasons:
        click.echo(f"{'passed' if judgement.passed else 'failed'}: {reason}")
    if not judgement.passed and not force:
        click.echo(f"{wanted} is not promoted: --force does it all the same.")
        ctx.exit(1)
    if dry_run:
        click.echo("Nothing is done.")
        return
    now.registry.keep(manifest.model, manifest.version)
    promotion = Promotion(
        champion=wanted,
        replaced=replaced(now, manifest.kind),
        at_ms=now_ms(),
        by=author,
        note=note,
        passed=judgement.reasons if judgement.passed else (),
    )
    crown(now.settings, standing, promotion)
    click.echo(f"{wanted} is the champion of {manifest.kind}; before it was {promotion.replaced}.")


def replaced(now: Known, kind: str) -> Champion:
    """The champion as it stands now, with its version, which is kept for good so that there is a way back."""
    champion = now.standing(kind).champion
    if champion.version is not None or champion.model not in now.newest:
        return champion
    version = now.newest[champion.model].version
    try:
        now.registry.keep(champion.model, version)
    except ModelError:
        # It is gone already: the way back is then to whatever is its newest.
        return champion
    return Champion(champion.model, version)
