"""What lies in a registry, told from what does not belong there: manifests and marks, read and verified."""

from __future__ import annotations

import msgspec

from models.errors import ModelError
from models.registry.manifest import NAME, VERSION, Manifest, decode_manifest
from models.registry.names import KEPT, MODELS, Checkpoint, kept_name
from models.registry.signing import Mark, Signer
from models.registry.store import Store


class Shelf:
    """``passed_over``: the files that were met and could not be used, and why."""

    def __init__(self, store: Store, signer: Signer) -> None:
        self._store = store
        self._signer = signer
        self.passed_over: dict[str, str] = {}

    def models(self) -> list[str]:
        names = {*self._store.names(MODELS), *self._store.names(KEPT)}
        return sorted(name for name in names if NAME.fullmatch(name))

    def checkpoints(self, model: str) -> list[Checkpoint]:
        """Oldest first, as their names tell; nothing is read yet."""
        folder = f"{MODELS}/{model}"
        names = self._store.names(folder) if NAME.fullmatch(model) else []
        found = {name: Checkpoint.parse(model, name) for name in names}
        for name, checkpoint in found.items():
            # What begins with a dot is being written.
            if checkpoint is None and not name.startswith("."):
                self.passed_over[f"{folder}/{name}"] = "it is no checkpoint's name"
        return sorted((one for one in found.values() if one is not None), key=lambda one: (one.made_ms, one.name))

    def manifest(self, checkpoint: Checkpoint) -> Manifest | None:
        """None: it is gone, or cannot be used."""
        blob = self._store.read(checkpoint.name)
        if blob is None:
            return None
        try:
            manifest = decode_manifest(blob)
            self._signer.verify(manifest)
        except ModelError as error:
            self.passed_over[checkpoint.name] = str(error)
            return None
        if Checkpoint.of(manifest) != checkpoint:
            self.passed_over[checkpoint.name] = "it is the manifest of another checkpoint"
            return None
        return manifest

    def kept(self, model: str) -> list[Manifest]:
        """Those that are marked to be kept for good."""
        folder = f"{KEPT}/{model}"
        found = []
        for name in self._store.names(folder) if NAME.fullmatch(model) else []:
            version = name.removesuffix(".json")
            if VERSION.fullmatch(version):
                found.append(self.marked(model, version))
            elif not name.startswith("."):
                self.passed_over[f"{folder}/{name}"] = "it is no mark's name"
        return [manifest for manifest in found if manifest is not None]

    def marked(self, model: str, version: str) -> Manifest | None:
        """None: it is not marked, or not by this registry's key."""
        name = kept_name(model, version)
        blob = self._store.read(name) if VERSION.fullmatch(version) else None
        if blob is None:
            return None
        try:
            mark = msgspec.json.decode(blob, type=Mark)
            self._signer.verify_mark(mark)
        except (msgspec.MsgspecError, UnicodeError, RecursionError, ModelError) as error:
            self.passed_over[name] = f"it is no mark of a kept model: {error}"
            return None
        if (mark.manifest.model, mark.manifest.version) != (model, version):
            self.passed_over[name] = "it is the mark of another model"
            return None
        return mark.manifest
