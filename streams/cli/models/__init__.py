"""``weir models``: one file a command, each loaded only when it is called."""

from __future__ import annotations

import click

from streams.cli.lazy import lazy_group

_COMMANDS = {
    "list": ("streams.cli.models.list_", "list_"),
    "show": ("streams.cli.models.show", "show"),
    "promote": ("streams.cli.models.promote", "promote"),
    "rollback": ("streams.cli.models.rollback", "rollback"),
    "compare": ("streams.cli.models.compare", "compare"),
    "report": ("streams.cli.models.report", "report"),
    "check": ("streams.cli.models.check", "check"),
    "export": ("streams.cli.models.carry", "export"),
    "import": ("streams.cli.models.carry", "import_"),
}


@click.command(cls=lazy_group(_COMMANDS))
def models() -> None:
    """See what models there are and how good, promote one, go back, carry one elsewhere."""
