"""What each model is at present: champion, challenger, or a version that is only kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from models.registry import Manifest
from streams.cli.models.known import Known

CHAMPION, CHALLENGER, ARCHIVED, STORED = "champion", "challenger", "archived", "stored"


class Aliased(NamedTuple):
    """One model, or one version of it.

    ``alias``: champion, whose score counts; challenger, which scores in the shadow; archived, a version that was
    promoted and is kept for good; stored, another version that the registry still has. ``version``: None before it
    has learned anything. ``manifest``: None as well where a pinned version is gone. ``pinned``: it does not go on
    learning.
    """

    alias: str
    model: str
    version: str | None
    manifest: Manifest | None
    pinned: bool = False


def aliased(now: Known, kind: str, everything: bool = False) -> Iterator[Aliased]:
    """Those of a kind, the champion first; with ``everything`` also what is merely stored."""
    champion = now.standing(kind).champion
    seen: set[tuple[str, str]] = set()
    names = sorted({champion.model, *now.models(kind)}, key=lambda name: (name != champion.model, name))
    for name in names:
        if name == champion.model and champion.version is not None:
            manifest = now.registry.find(name, champion.version)
            yield Aliased(CHAMPION, name, champion.version, manifest, pinned=True)
            seen.add((name, champion.version))
        else:
            manifest = now.newest.get(name)
            version = None if manifest is None else manifest.version
            yield Aliased(CHAMPION if name == champion.model else CHALLENGER, name, version, manifest)
            if version is not None:
                seen.add((name, version))
    stored = [one for one in now.registry.list(newest=None if everything else 0) if one.kind == kind]
    kept = {(one.model, one.version) for name in {one.model for one in stored} for one in now.registry.kept(name)}
    for one in stored:
        if (one.model, one.version) not in seen:
            seen.add((one.model, one.version))
            alias = ARCHIVED if (one.model, one.version) in kept else STORED
            yield Aliased(alias, one.model, one.version, one)
