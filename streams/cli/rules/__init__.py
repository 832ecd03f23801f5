"""``weir rules``: one file a command, each loaded only when it is called."""

from __future__ import annotations

import importlib

import click

_COMMANDS = {
    "check": "streams.cli.rules.check",
    "test": "streams.cli.rules.test",
    "publish": "streams.cli.rules.publish",
    "history": "streams.cli.rules.history",
    "diff": "streams.cli.rules.diff",
    "rollback": "streams.cli.rules.rollback",
    "show": "streams.cli.rules.show",
    "revert": "streams.cli.rules.revert",
    "snooze": "streams.cli.snooze",
    "unsnooze": "streams.cli.snooze",
    "snoozes": "streams.cli.snooze",
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(_COMMANDS[cmd_name]), cmd_name)
        return command


@click.command(cls=_Lazy)
def rules() -> None:
    """Write, test and ship rules, see what they did, and take it back."""
