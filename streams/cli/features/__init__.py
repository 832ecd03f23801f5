"""``weir features``: what is counted about whom, what that costs, what is known of one actor, and how to erase it."""

from __future__ import annotations

import click

from streams.cli.features.cost import cost
from streams.cli.features.declared import inputs, list_
from streams.cli.features.forget import forget
from streams.cli.features.inspect import inspect


@click.group()
def features() -> None:
    """Look at the features of every kind, and at what is known of an actor."""


for command in (list_, inputs, cost, inspect, forget):
    features.add_command(command)
