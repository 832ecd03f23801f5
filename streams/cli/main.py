"""The command ``weir``: one file a command group, each loaded only when it is called."""

from __future__ import annotations

import sys

import click

from features.errors import WeirError
from streams.cli.lazy import lazy_group
from streams.settings import SettingsError

_COMMANDS = {
    "worker": ("streams.cli.processes", "worker"),
    "learner": ("streams.cli.processes", "learner"),
    "indexer": ("streams.cli.processes", "indexer"),
    "enforcer": ("streams.cli.processes", "enforcer"),
    "topics": ("streams.cli.topics", "topics"),
    "services": ("streams.cli.services", "services"),
    "schema": ("streams.cli.schema", "schema"),
    "enforcements": ("streams.cli.enforcements", "enforcements"),
    "lists": ("streams.cli.lists", "lists"),
    "entity": ("streams.cli.entity", "entity"),
    "freeze": ("streams.cli.freeze", "freeze"),
    "budgets": ("streams.cli.budgets", "budgets"),
    "rules": ("streams.cli.rules", "rules"),
    "models": ("streams.cli.models", "models"),
    "features": ("streams.cli.features", "features"),
    "reference": ("streams.cli.reference", "reference"),
    "settings": ("streams.cli.settings", "settings"),
    "import": ("streams.cli.import_", "import_"),
    "simulate": ("streams.cli.simulate", "simulate"),
    "produce": ("streams.cli.produce", "produce"),
    "verify": ("streams.cli.verify", "verify"),
    "label": ("streams.cli.label", "label"),
    "dataset": ("streams.cli.dataset", "dataset"),
    "explain": ("streams.cli.explain", "explain"),
    "replay": ("streams.cli.replay", "replay"),
    "backtest": ("streams.cli.backtest", "backtest"),
    "demo": ("streams.cli.demo", "demo"),
}


@click.command(cls=lazy_group(_COMMANDS))
@click.version_option(package_name="weir")
def weir() -> None:
    """Weir decides, for every signup, login and mail, whether it is abuse."""


def main() -> None:
    """Run the command line: what the user can mend is one message and exit code 2, never a stack trace."""
    try:
        weir()
    except (SettingsError, WeirError) as error:
        click.echo(f"weir: {error}", err=True)
        sys.exit(2)
