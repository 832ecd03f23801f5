"""``weir rules diff``: what differs between two bundles, by rule and line by line."""

from __future__ import annotations

import click

from features.errors import WeirError
from models.errors import RuleError
from streams.bundles.compare import differences, unified
from streams.cli.rules.shipping import CURRENT, Named, all_catalogues, kinds_of, named, shelf_now
from streams.cli.rules.written import ALONE
from streams.settings import load_settings


@click.command()
@click.argument("a")
@click.argument("b", default=CURRENT)
@click.option("--kind", "kinds", multiple=True, help="Only this kind; may be repeated.")
@ALONE
@click.option("--brief", is_flag=True, help="Only which rules differ, not their lines.")
def diff(a: str, b: str, kinds: tuple[str, ...], alone: bool, brief: bool) -> None:
    """Show what changes from A to B: each a hash or its beginning, 'current', 'shipped', or a folder of rules.

    Without B: from A to what is in force. A folder is read as 'weir rules publish --folder' would read it: with the
    rulebook that ships, unless --alone. The exit code is 0, whether they differ or not.
    """
    settings, known = load_settings(), all_catalogues()
    wanted = kinds_of(kinds, known)
    shelf = shelf_now(settings, known)
    left = named(a, shelf, known, wanted, alone=alone)
    right = named(b, shelf, known, [kind for kind in wanted if kind in left], alone=alone)
    for kind in sorted(right):
        _show(kind, left[kind], right[kind], brief)


def _show(kind: str, left: Named, right: Named, brief: bool) -> None:
    lines, files = _differences(left, right), unified(left.text, right.text)
    head = f"{kind}: {left.title} -> {right.title}"
    if left.hash == right.hash or not lines:
        click.echo(f"{head}: the same{', written differently' if files else ''}")
    else:
        click.echo(head)
        click.echo("\n".join(f"  {line}" for line in lines))
    if files and not brief:
        click.echo(files, nl=False)


def _differences(left: Named, right: Named) -> list[str]:
    try:
        return differences(left.text, right.text)
    except (RuleError, WeirError) as error:
        # An old bundle may say what this release does not understand; its lines can be compared all the same.
        return [f"cannot be compared rule by rule: {error}"]
