"""``weir models``: one file a command, each loaded only when it is called."""

from __future__ import annotations

import importlib

import click

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


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.command(cls=_Lazy)
def models() -> None:
    """See what models there are and how good, promote one, go back, carry one elsewhere."""
