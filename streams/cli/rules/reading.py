"""Rules as they stand in folders, read for shipping: all of it has to be right."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from features.catalogue import Catalogue
from models.bundle import RULEBOOK, Bundle
from models.errors import RuleError
from streams.bundles.folders import bundles_alone, shipped_bundles
from streams.bundles.live_lists import live_lists
from streams.cli.rules.written import written


def read_folders(
    known: Mapping[str, Catalogue], control: Mapping[str, bytes], folders: Sequence[Path], *, alone: bool
) -> dict[str, Bundle]:
    """By kind, what judges with these folders; ``alone``: without the rulebook, and only kinds that they speak of.

    Lists that were begun live count as declared. Raises RuleError.
    """
    first = () if alone else (RULEBOOK,)
    with live_lists(control, (*first, *folders)) as paths:
        own = paths[len(first) :]
        if not alone:
            return shipped_bundles(known, own)
        # A kind of which they say nothing shall not lose all its rules.
        spoken = {kind: catalogue for kind, catalogue in known.items() if any((path / kind).is_dir() for path in own)}
        return bundles_alone(spoken, own)


def check_folders(control: Mapping[str, bytes], folders: Sequence[Path], *, alone: bool) -> None:
    """Raises RuleError with all that 'weir rules check' has against them; its warnings are told."""
    first = () if alone else (RULEBOOK,)
    with live_lists(control, (*first, *folders)) as paths:
        found = written(paths[len(first) :], alone, int(time.time() * 1000)).findings
    for finding in found:
        if finding.level == "warning":
            click.echo(finding.render(), err=True)
    errors = [finding.render() for finding in found if finding.level == "error"]
    if errors:
        raise RuleError("\n\n".join(["this must not be shipped, nothing is sent:", *errors]))
