"""A group of commands, one file each, each loaded only when it is called."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

import click


def lazy_group(commands: Mapping[str, tuple[str, str]]) -> type[click.Group]:
    """``commands``: by name, the module and the name of the command in it; listed in this order."""

    class Lazy(click.Group):
        def list_commands(self, ctx: click.Context) -> list[str]:
            return list(commands)

        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
            if cmd_name not in commands:
                return None
            module, name = commands[cmd_name]
            command: click.Command = getattr(importlib.import_module(module), name)
            return command

    return Lazy
