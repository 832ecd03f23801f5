"""The registry: weights and states under their hashes, and for each checkpoint a signed manifest that names them.

::

    weights/<hash>.pickle   states/<hash>.state
    models/<model>/<made_ms>-<version>-<weights>-<state>.json
    kept/<model>/<version>.json    a promoted one: its manifest, signed once more

Nothing is ever overwritten by something else, and nothing is unpickled whose manifest is not signed by the
registry's own key or whose bytes have another hash than that manifest says.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from models.errors import ModelError
from models.registry.archive import Packed, read_archive, write_archive
from models.registry.keeping import prunable
from models.registry.keys import key_of, read_key
from models.registry.local import local_folder
from models.registry.manifest import NAME, VERSION, Manifest, stacked_checkpoints
from models.registry.names import Checkpoint, kept_name, state_name, weights_name
from models.registry.pickling import pickled, unpickled
from models.registry.shelf import Shelf
from models.registry.signing import Signer, hash_of
from models.registry.stores import store_at
from models.scorers import Scorer


class Registry:
    """Shared by learner and workers. ``url``: a folder, or any fsspec URL.

    ``key_file``: the key that signs; that of a local folder lies in it unless said otherwise, and is made on first
    use. Everything raises ModelError: RegistryUnavailable where the place is at fault, and not a model.
    """

    def __init__(self, url: str | Path, key_file: Path | None = None) -> None:
        folder = local_folder(str(url))
        self._store = store_at(str(url))
        self._signer = Signer(key_of(folder, key_file, self._store.shown), "this registry's key")
        self._shelf = Shelf(self._store, self._signer)

    @classmethod
    def existing(cls, url: str | Path, key_file: Path | None = None) -> Registry | None:
        """None where a local folder is not there: asking makes no registry."""
        folder = local_folder(str(url))
        return None if folder is not None and not folder.is_dir() else cls(url, key_file)

    @property
    def passed_over(self) -> dict[str, str]:
        """The files that ``find``, ``list`` and ``kept`` met and could not use, and why."""
        return self._shelf.passed_over

    def save(self, manifest: Manifest, scorer: Scorer, state: bytes) -> Manifest:
        """Store a checkpoint; the manifest comes back with weights, state, version and signature filled in."""
        return self.store(manifest, pickled(scorer), state)

    def store(self, manifest: Manifest, weights: bytes, state: bytes) -> Manifest:
        """The same, of a scorer that was made bytes by ``pickled``."""
        filled = msgspec.structs.replace(manifest, weights=hash_of(weights), state=hash_of(state))
        return self._store_signed(Packed(filled, weights, state))

    def load(self, manifest: Manifest) -> Scorer:
        """The model of a manifest; raises ModelError if anything about it is not as it was signed."""
        weights = self.load_weights(manifest)
        # Only bytes whose hash stands in a manifest signed with our key come this far.
        return unpickled(weights, manifest)

    def load_weights(self, manifest: Manifest) -> bytes:
        """The pickled scorer, not unpickled."""
        self.verify(manifest)
        return self._read(manifest.model, weights_name(manifest.weights), manifest.weights)

    def load_state(self, manifest: Manifest) -> bytes:
        self.verify(manifest)
        if not manifest.state:
            raise ModelError(f"checkpoint of {manifest.model}: it came without its learner's state: start it anew")
        return self._read(manifest.model, state_name(manifest.state), manifest.state)

    def verify(self, manifest: Manifest) -> None:
        """Raises ModelError unless it is, to the last field, as this registry signed it."""
        self._signer.verify(manifest)

    def find(self, model: str, version: str) -> Manifest | None:
        """The newest manifest of this version, if the registry still has one."""
        if not (NAME.fullmatch(model) and VERSION.fullmatch(version)):
            return None
        for checkpoint in reversed(self._shelf.checkpoints(model)):
            if checkpoint.version == version and (found := self._shelf.manifest(checkpoint)) is not None:
                return found
        return self._shelf.marked(model, version)

    def versions(self, model: str, beginning: str = "") -> Sequence[str]:
        """A model's versions that begin so, newest first, as names of files tell: no manifest is read."""
        checkpoints = reversed(self._shelf.checkpoints(model))
        named = [*(one.version for one in checkpoints), *(one.version for one in self.kept(model))]
        return [version for version in dict.fromkeys(named) if version.startswith(beginning)]

    def list(self, model: str | None = None, newest: int | None = None) -> Sequence[Manifest]:
        """All manifests, or those of one model: of each its ``newest`` (None: all) and those kept for good.

        The models by name, their manifests newest first.
        """
        result = []
        for name in self.models() if model is None else (model,):
            found: dict[tuple[str, str], Manifest] = {}
            for checkpoint in reversed(self._shelf.checkpoints(name)):
                if newest is not None and len(found) >= newest:
                    break
                manifest = self._shelf.manifest(checkpoint)
                if manifest is not None:
                    found[manifest.version, manifest.state] = manifest
            versions = {version for version, _ in found}
            kept = [one for one in self.kept(name) if one.version not in versions]
            result += sorted([*found.values(), *kept], key=lambda one: one.made_ms, reverse=True)
        return result

    def models(self) -> Sequence[str]:
        return self._shelf.models()

    def keep(self, model: str, version: str) -> Manifest:
        """Keep it and what it stacks for good, as promoted ones are; raises ModelError if it is not there whole."""
        manifest = self.find(model, version)
        if manifest is None:
            raise ModelError(f"the registry has no {model}@{version}: `weir models list` shows what it has")
        self.load_weights(manifest)
        for below, used in stacked_checkpoints(manifest):
            self.keep(below, used)
        self._store.write(kept_name(model, version), msgspec.json.encode(self._signer.mark(manifest)))
        # Once more, now that the mark is there: a prune at the same time may have taken them away.
        self.load_weights(manifest)
        return manifest

    def kept(self, model: str) -> Sequence[Manifest]:
        """Those kept for good."""
        return self._shelf.kept(model)

    def prune(self, before_ms: int) -> None:
        """Delete versions that were made before that, and the states of all but a model's newest checkpoints.

        A model's newest checkpoints stay however old they are, and so does what is kept for good.
        """
        checkpoints = {model: self._shelf.checkpoints(model) for model in self.models()}
        kept = [manifest for model in self.models() for manifest in self.kept(model)]
        self._store.delete(prunable(self._store, checkpoints, kept, before_ms))

    def export(self, manifest: Manifest, path: Path, state: bool = False) -> None:
        """One archive file of the model and what it stacks, with their learners' ``state`` if wanted."""
        write_archive(path, self._packed(manifest, state))

    def import_archive(self, path: Path, trust_key: Path | None = None) -> Manifest:
        """Take in what a registry exported, signed anew, and keep it for good; nothing of it is unpickled.

        ``trust_key``: the key file of the registry that exported it, if it is another one.
        """
        signer = self._signer if trust_key is None else Signer(read_key(trust_key), f"the key in {trust_key}")

        def check(manifest: Manifest) -> None:
            try:
                signer.verify(manifest)
            except ModelError as error:
                raise ModelError(
                    f"{path}: {error}. Nothing of it was used; if you trust the registry that it comes from, name "
                    "the file with that one's key"
                ) from None

        first, *below = read_archive(path, check)
        for packed in below:
            self._store_signed(packed)
        stored = self._store_signed(first)
        return self.keep(stored.model, stored.version)

    def _packed(self, manifest: Manifest, state: bool) -> Sequence[Packed]:
        """The model, then those that it stacks."""
        whole = [Packed(manifest, self.load_weights(manifest), self.load_state(manifest) if state else None)]
        for model, version in stacked_checkpoints(manifest):
            below = self.find(model, version)
            if below is None:
                raise ModelError(
                    f"{manifest.model}@{manifest.version} stacks {model}@{version}, which is not in the registry any "
                    "more: export another version (`weir models list`)"
                )
            whole += self._packed(below, state)
        return whole

    def _store_signed(self, packed: Packed) -> Manifest:
        unsigned = packed.manifest if packed.state is not None else msgspec.structs.replace(packed.manifest, state="")
        signed = self._signer.signed(unsigned)
        encoded = msgspec.json.encode(signed)
        if not NAME.fullmatch(signed.model) or msgspec.json.decode(encoded, type=Manifest) != signed:
            raise ModelError(
                f"checkpoint of {signed.model!r}: its name is no file's, or a figure is no finite number"
            )
        self._write(weights_name(signed.weights), packed.weights)
        if packed.state is not None:
            self._write(state_name(signed.state), packed.state)
        # Last: whoever meets a manifest finds what it names.
        self._write(Checkpoint.of(signed).name, encoded)
        return signed

    def _write(self, name: str, blob: bytes) -> None:
        """What is there already is left, unless a fault or somebody has changed it."""
        if self._store.read(name) != blob:
            self._store.write(name, blob)

    def _read(self, model: str, name: str, expected: str) -> bytes:
        blob = self._store.read(name)
        if blob is None:
            why = "is gone"
        elif hash_of(blob) != expected:
            why = "was altered, so it was not used: find out who can write there"
        else:
            return blob
        raise ModelError(
            f"checkpoint of {model}: file {name} of registry {self._store.shown} {why}; for other versions see "
            f"`weir models list`"
        )
