"""The kinds that a command is about."""

from __future__ import annotations

from features.catalogue import Catalogue, catalogues
from features.errors import KindError
from features.kinds import load_kinds
from streams.settings import load_settings


def catalogues_of(kind: str | None) -> dict[str, Catalogue]:
    """All kinds, or one; raises KindError if there is no such."""
    kinds = load_kinds(load_settings().kinds_folders)
    if kind is not None and kind not in kinds:
        raise KindError(f"there is no kind {kind!r}: there are {', '.join(sorted(kinds))}")
    known = catalogues(list(kinds.values()))
    return known if kind is None else {kind: known[kind]}
