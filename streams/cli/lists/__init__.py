"""``weir lists``: values that rules ask for by a list's name, changed live."""

from __future__ import annotations

import click

from streams.cli.lists.change import add, remove
from streams.cli.lists.show import show


@click.group()
def lists() -> None:
    """Lists of accounts, addresses, networks, domains and more, as rules ask for them: ip in lists.vpn_exits."""


for command in (add, remove, show):
    lists.add_command(command)
