"""``weir models rollback``: the champion before counts again, as it was."""

from __future__ import annotations

import click

from models.errors import ModelError
from models.registry import refuse
from streams.champions import Champion, Promotion
from streams.cli.models.known import Known, known
from streams.cli.models.promote import replaced
from streams.cli.signed import AUTHOR, now_ms
from streams.promotion import crown, way_back
from streams.settings import load_settings


@click.command()
@click.option("--kind", required=True, help="The kind whose champion goes.")
@click.option("--to", "word", help="MODEL@VERSION, or MODEL to let it learn on. Default: the champion before.")
@click.option("--note", default="", help="Why, for those who look at the history later.")
@AUTHOR
@click.option("--dry-run", is_flag=True, help="Say which model would count; change nothing.")
def rollback(kind: str, word: str | None, note: str, author: str, dry_run: bool) -> None:
    """Let the champion before the last promotion count again, in the version that it had then, on all workers.

    That version is pinned: it scores as it did, and does not learn; promote the model by its name to let it learn on.
    A second rollback goes still further back. No gate is asked.
    """
    now = known(load_settings())
    now.kinds(kind)
    standing = now.standing(kind)
    for words in standing.wrong:
        click.echo(words)
    wanted = _before(now, kind) if word is None else now.found(word)[0]
    if wanted.version is not None:
        try:
            manifest = now.found(str(wanted))[1]
        except ModelError as error:
            raise ModelError(f"{error}: say with --to which other model shall count") from None
        if manifest.kind != kind:
            raise ModelError(f"{wanted} is a model of {manifest.kind}, not of {kind}")
        refuse(manifest, now.catalogues[kind])
        if not manifest.ready:
            click.echo(
                f"Mind: {wanted} is still warming, so its score does not count, and pinned it learns no more: "
                f"'weir models promote {wanted.model}' lets it learn on."
            )
        # Workers have to find it when they read of it, also after a restart in a year.
        now.registry.keep(wanted.model, wanted.version)
    elif wanted.model not in now.models(kind):
        raise ModelError(f"{wanted.model!r} is no model of {kind}: there are {', '.join(now.models(kind))}")
    if wanted == standing.champion and not standing.wrong:
        click.echo(f"{wanted} is the champion of {kind} already. Nothing is done.")
        return
    click.echo(f"{kind}: {standing.champion} -> {wanted}")
    if dry_run:
        click.echo("Nothing is done.")
        return
    promotion = Promotion(
        champion=wanted, replaced=replaced(now, kind), at_ms=now_ms(), by=author, note=note, rollback=True
    )
    crown(now.settings, standing, promotion)
    click.echo(f"{wanted} is the champion of {kind}.")


def _before(now: Known, kind: str) -> Champion:
    before = way_back(now.standing(kind))
    if before is None:
        raise ModelError(f"nothing older is known for {kind}: say with --to which model shall count")
    return before
