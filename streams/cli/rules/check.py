"""``weir rules check``: all that is wrong with the rules that are written, before they are shipped."""

from __future__ import annotations

import time
from pathlib import Path

import click
import msgspec

from models.rules.finding import counts
from streams.cli.rules.written import ALONE, FOLDERS, written


@click.command()
@FOLDERS
@ALONE
@click.option("--json", "as_json", is_flag=True, help="One object: the findings by file and line, and how many.")
@click.pass_context
def check(ctx: click.Context, folders: tuple[Path, ...], alone: bool, as_json: bool) -> None:
    """Refuse rules that cannot be right: with the rulebook that ships, those of FOLDERS, or else of the setting
    rulebook_folders.

    Besides what does not compile: a rule without a case in which it fires and one on its boundary, cases that come
    out otherwise, an id twice, a rule that can never fire or that changes nothing beside another, an action that the
    policy does not know. Warns of expired rules, and of those that fire on every event. Exit code 1 if anything is
    refused.
    """
    found = written(folders, alone, int(time.time() * 1000))
    number = counts(found.findings)
    rules = sum(len(compiled) for _, compiled in found.checked.rules.values())
    if as_json:
        answer = {
            "findings": found.findings,
            "errors": number["error"],
            "warnings": number["warning"],
            "rules": rules,
        }
        click.echo(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode())
    else:
        for finding in found.findings:
            click.echo(f"{finding.render()}\n")
        click.echo(f"{rules} rules compile; {number['error']} errors, {number['warning']} warnings")
    ctx.exit(1 if number["error"] else 0)
