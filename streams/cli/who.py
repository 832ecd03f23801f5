"""The entity that a command is told of, in the spelling of each kind that has it."""

from __future__ import annotations

from features.errors import WeirError
from streams.cli.features.actor import actors, is_everyone
from streams.cli.features.known import catalogues_of


def who(text: str) -> tuple[str, list[str]]:
    """The entity's name, and its values: one, unless kinds spell it differently. Raises WeirError."""
    found = actors(text, catalogues_of(None))
    name = found[0].entity
    if any(map(is_everyone, found)):
        raise WeirError(f"{name} stands for all events, and for no actor")
    return name, sorted({actor.value for actor in found})
