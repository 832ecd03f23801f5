"""``weir lists``: values that rules ask for by a list's name, changed live."""

from __future__ import annotations

import click

from streams.cli.lists.change import add, remove
from streams.cli.lists.show import show
from streams.cli.prune import prune_command
from streams.standing.records import LIST_KEY


@click.group()
def lists() -> None:
    """Lists of accounts, addresses, networks, domains and more, as rules ask for them: ip in lists.vpn_exits."""


prune = prune_command("Take entries out of all lists that expired long ago.", (LIST_KEY,))
for command in (add, remove, show, prune):
    lists.add_command(command)
