"""What the commands about shipped rules have in common: how one names a bundle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from features.catalogue import Catalogue
from features.errors import WeirError
from models.bundle import BundleText
from models.errors import RuleError
from streams.bundles.shelf import BundleShelf
from streams.cli.control import control_now
from streams.cli.features.known import catalogues_of
from streams.cli.rules.reading import read_folders
from streams.settings import Settings

CURRENT, SHIPPED = "current", "shipped"


@dataclass(frozen=True, slots=True)
class Named:
    """A bundle as somebody named it: ``title`` says which it is."""

    title: str
    hash: str
    text: BundleText


def all_catalogues() -> Mapping[str, Catalogue]:
    """Of all kinds, by name."""
    return catalogues_of(None)


def kinds_of(wanted: Sequence[str], known: Mapping[str, Catalogue]) -> list[str]:
    """These kinds, or all; raises UsageError for one that there is not."""
    for kind in wanted:
        if kind not in known:
            raise click.UsageError(f"there is no kind {kind!r}: there are {', '.join(sorted(known))}")
    return sorted(set(wanted) or known)


def shelf_now(settings: Settings, known: Mapping[str, Catalogue]) -> BundleShelf:
    """What the control topic holds; raises KafkaAway."""
    return BundleShelf(known, control_now(settings), settings.rulebook_folders)


def named(
    word: str, shelf: BundleShelf, known: Mapping[str, Catalogue], kinds: Sequence[str], *, alone: bool = False
) -> dict[str, Named]:
    """By kind, what somebody means by ``current``, ``shipped``, a hash (or its beginning), or a folder of rules.

    Raises WeirError.
    """
    if word == SHIPPED:
        return {
            kind: Named(f"shipped {b.hash}", b.hash, b.text) for kind, b in shelf.shipped.items() if kind in kinds
        }
    if word == CURRENT:
        return {kind: _current(kind, shelf) for kind in kinds}
    folder = Path(word)
    whole = shelf.whole_hash(word)
    if whole is None and folder.is_dir():
        read = read_folders(known, shelf.control, [folder], alone=alone)
        return {kind: Named(f"{word} {b.hash}", b.hash, b.text) for kind, b in read.items() if kind in kinds}
    if whole is None:
        raise WeirError(
            f"{word!r} is no folder, and control has no bundle whose hash begins so: 'weir rules history' lists them"
        )
    text = shelf.record(whole).text
    if text.kind not in kinds:
        raise WeirError(f"bundle {whole} is of the kind {text.kind}, not of {', '.join(kinds)}")
    return {text.kind: Named(whole, whole, text)}


def _current(kind: str, shelf: BundleShelf) -> Named:
    now = shelf.now(kind)
    try:
        return Named(f"{CURRENT} {now.hash}", now.hash, shelf.record(now.hash).text)
    except RuleError as error:
        raise RuleError(f"what is in force for {kind} cannot be read: {now.fault or error}") from None
