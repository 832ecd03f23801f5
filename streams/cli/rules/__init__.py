"""``weir rules``: one file a command, each loaded only when it is called."""

from __future__ import annotations

import click

from streams.cli.lazy import lazy_group

_COMMANDS = {
    "check": ("streams.cli.rules.check", "check"),
    "test": ("streams.cli.rules.test", "test"),
    "publish": ("streams.cli.rules.publish", "publish"),
    "history": ("streams.cli.rules.history", "history"),
    "diff": ("streams.cli.rules.diff", "diff"),
    "rollback": ("streams.cli.rules.rollback", "rollback"),
    "show": ("streams.cli.rules.show", "show"),
    "revert": ("streams.cli.rules.revert", "revert"),
    "snooze": ("streams.cli.snooze", "snooze"),
    "unsnooze": ("streams.cli.snooze", "unsnooze"),
    "snoozes": ("streams.cli.snooze", "snoozes"),
}


@click.command(cls=lazy_group(_COMMANDS))
def rules() -> None:
    """Write, test and ship rules, see what they did, and take it back."""
