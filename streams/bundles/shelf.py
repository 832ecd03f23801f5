"""Every bundle by its hash: what a verdict names can be compiled again."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from features.catalogue import Catalogue
from models.bundle import Bundle
from models.errors import RuleError
from streams.bundles.folders import shipped_bundles
from streams.bundles.wire import (
    BUNDLE_KEY,
    BundleRecord,
    Shipment,
    bundle_key,
    current_key,
    current_of,
    decode_bundle,
    encode_bundle,
    open_bundle,
)
from streams.clients.control_state import read_control
from streams.settings import Settings

_LEAST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """How a kind stands. ``seen``: what control holds of it; None: what ships is in force.

    ``unsent``: the bundle in force, if control does not have it. ``fault``: why workers cannot take what is seen.
    """

    kind: str
    hash: str
    seen: bytes | None
    history: tuple[Shipment, ...]
    unsent: bytes | None
    fault: str = ""


class BundleShelf:
    """The bundles that the control topic holds, and those that ship with this process; each is compiled once.

    ``control``: the topic's values by key. ``folders``: those of the setting rulebook_folders.
    """

    def __init__(
        self, catalogues: Mapping[str, Catalogue], control: Mapping[str, bytes], folders: Iterable[Path] = ()
    ) -> None:
        self._catalogues = catalogues
        self.control = control
        self.shipped = shipped_bundles(catalogues, folders)
        self._compiled = {(kind, bundle.hash): bundle for kind, bundle in self.shipped.items()}

    def get(self, kind: str, bundle_hash: str) -> Bundle:
        """Raises RuleError where there is none, or where this release cannot compile it any more."""
        known = self._compiled.get((kind, bundle_hash))
        if known is not None:
            return known
        value = self.value(bundle_hash)
        if kind not in self._catalogues:
            raise RuleError(f"bundle {bundle_hash}: there is no kind {kind!r} here: see the setting kinds_folders")
        try:
            bundle = open_bundle(value, bundle_hash, self._catalogues[kind])
        except RuleError as error:
            raise RuleError(f"bundle {bundle_hash} cannot be used: {error}") from None
        self._compiled[kind, bundle_hash] = bundle
        return bundle

    def now(self, kind: str) -> Now:
        """What the workers judge with, as far as the control topic tells."""
        shipped, seen, fault = self.shipped[kind], self.control.get(current_key(kind)), ""
        wanted, history = shipped.hash, tuple[Shipment, ...]()
        try:
            current = current_of(self.control, kind)
            if current is not None:
                wanted, history = current.hash, current.history
                self.get(kind, wanted)
        except RuleError as error:
            fault = str(error)
        unsent = wanted == shipped.hash and bundle_key(wanted) not in self.control
        value = encode_bundle(shipped) if unsent else None
        return Now(kind=kind, hash=wanted, seen=seen, history=history, unsent=value, fault=fault)

    def value(self, bundle_hash: str) -> bytes:
        """What the control topic holds of a bundle, or would; raises RuleError."""
        value = self.control.get(bundle_key(bundle_hash))
        if value is not None:
            return value
        for bundle in self.shipped.values():
            if bundle.hash == bundle_hash:
                return encode_bundle(bundle)
        raise RuleError(f"the control topic has no bundle {bundle_hash}{self._near(bundle_hash)}")

    def record(self, bundle_hash: str) -> BundleRecord:
        """A bundle's files, though it may not compile any more; raises RuleError."""
        return decode_bundle(self.value(bundle_hash))

    def whole_hash(self, beginning: str) -> str | None:
        """The one hash that begins so (4 characters or more); None if none does, raises RuleError if many do."""
        known = self._hashes()
        if beginning in known:
            return beginning
        found = [one for one in known if len(beginning) >= _LEAST and one.startswith(beginning)]
        if len(found) > 1:
            raise RuleError(f"{len(found)} bundles begin with {beginning}: {', '.join(found)}")
        return found[0] if found else None

    def _hashes(self) -> list[str]:
        sent = (key.removeprefix(BUNDLE_KEY) for key in self.control if key.startswith(BUNDLE_KEY))
        return sorted({*sent, *(bundle.hash for bundle in self.shipped.values())})

    def _near(self, bundle_hash: str) -> str:
        near = difflib.get_close_matches(bundle_hash, self._hashes(), n=1)
        return (
            f": did you mean {near[0]}?" if near else ": it never judged with this Kafka, or the topic was made anew"
        )


def open_shelf(settings: Settings, catalogues: Mapping[str, Catalogue]) -> BundleShelf:
    """The shelf of a running Weir; Kafka and the control topic must be there."""
    return BundleShelf(catalogues, read_control(settings), settings.rulebook_folders)


def find_bundle(settings: Settings, catalogue: Catalogue, bundle_hash: str) -> Bundle:
    """The bundle of this hash; raises RuleError. Who needs several opens a shelf."""
    return open_shelf(settings, {catalogue.kind.name: catalogue}).get(catalogue.kind.name, bundle_hash)
