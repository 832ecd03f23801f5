"""What every process of a backtest has to know, in a form that can be sent; and the bundles compiled from it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import features
import models
import streams.offline.backtest
import streams.standing
from features.catalogue import Catalogue, catalogues
from features.errors import WeirError
from features.kinds import load_kinds
from models.bundle import Bundle, BundleText, compile_bundle

_PACKAGES = (features, models, streams.standing, streams.offline.backtest)


class OtherCode(WeirError):
    """A process elsewhere runs other code, so its results would not be the same: install the same release there."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A bundle by the hash that verdicts know it by."""

    hash: str
    text: BundleText


@dataclass(frozen=True, slots=True)
class Plan:
    """``candidate``, ``baseline``: by kind. ``known``: other bundles that verdicts may name, by hash.

    ``schemas``: by kind, the hash of its features; ``code``: that of ours, empty where it need not be asked. Both
    have to be the same everywhere.
    """

    kinds_folders: tuple[str, ...]
    schemas: Mapping[str, str]
    code: str
    candidate: Mapping[str, Sent]
    baseline: Mapping[str, Sent]
    known: Mapping[str, Sent]

    @property
    def kinds(self) -> list[str]:
        return sorted(self.candidate)


@cache
def code_hash() -> str:
    """Of all that has a part in what a process says of a verdict."""
    content = hashlib.blake2b(digest_size=8)
    for package in _PACKAGES:
        folder = Path(package.__path__[0])
        for path in sorted(folder.rglob("*.py")):
            content.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return content.hexdigest()


class Compiled:
    """A plan made ready in this process; raises RuleError, KindError and OtherCode."""

    def __init__(self, plan: Plan) -> None:
        if plan.code and plan.code != code_hash():
            raise OtherCode("a process runs other code than the backtest was begun with: install the same release")
        kinds = load_kinds(tuple(Path(folder) for folder in plan.kinds_folders))
        self._all = catalogues(list(kinds.values()))
        self._known = plan.known
        self._made: dict[tuple[str, str], Bundle | None] = {}
        for kind, schema in plan.schemas.items():
            here = self._all[kind].schema if kind in self._all else "none"
            if here != schema:
                raise OtherCode(
                    f"kind {kind}: its features are {here} in one process and {schema} where the backtest was begun: "
                    "install the same release and the same kinds everywhere"
                )
        self.catalogues: Mapping[str, Catalogue] = {kind: self._all[kind] for kind in plan.kinds}
        self.pairs: Mapping[str, tuple[Bundle, Bundle]] = {
            kind: (self._compile(plan.candidate[kind]), self._compile(plan.baseline[kind])) for kind in plan.kinds
        }

    def known(self, kind: str, bundle_hash: str) -> Bundle | None:
        """The bundle that a verdict names; None if there is none, or none that this release understands."""
        if (kind, bundle_hash) not in self._made:
            sent = self._known.get(bundle_hash)
            try:
                self._made[kind, bundle_hash] = None if sent is None else self._compile(sent)
            except WeirError:
                self._made[kind, bundle_hash] = None
        return self._made[kind, bundle_hash]

    def _compile(self, sent: Sent) -> Bundle:
        kind = sent.text.kind
        made = self._made.get((kind, sent.hash))
        if made is None:
            # Verdicts name a bundle that an earlier release published by the hash that it had then.
            made = replace(compile_bundle(sent.text, self._all[kind]), hash=sent.hash)
            self._made[kind, sent.hash] = made
        return made
