"""The registry in a folder: ``<version>.model``, ``<version>.state`` and a signed manifest for each checkpoint.

A version is the hash of the model's bytes, so equal models have equal versions and nothing is ever overwritten.
Versions are kept for a time (``prune``), so that the verdicts in which they scored can be verified.
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import hmac
import os
import pickle
import re
import secrets
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import msgspec

from models.errors import ModelError
from models.scorers import Scorer

_VERSION = re.compile(r"[0-9a-f]{32}")
_NEWEST = 5


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a checkpoint is. ``state``: the hash of the learner's state that belongs to it.

    ``signature``: HMAC-SHA256, under the registry's key, of all the rest.
    """

    model: str
    kind: str
    version: str
    state: str
    schema: str
    learned: int
    made_ms: int
    signature: str = ""


@dataclass(frozen=True, slots=True)
class _Checkpoint:
    """A manifest's file and what its name tells. ``at_ms``: when it was written, in milliseconds since 1970."""

    path: Path
    model: str
    version: str
    state: str
    at_ms: int

    @classmethod
    def of(cls, path: Path) -> _Checkpoint | None:
        """None if another process has deleted it meanwhile."""
        model, _, rest = path.stem.rpartition("@")
        version, _, state = rest.partition("-")
        try:
            return cls(path, model, version, state, path.stat().st_mtime_ns // 1_000_000)
        except FileNotFoundError:
            return None


class Registry:
    """A folder shared by learner and workers; its key is made on first use, readable by the owner only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ModelError(f"the registry folder {folder} cannot be made: {error.strerror}") from None
        self._key = _read_or_make_key(folder / "signing.key")

    def save(self, manifest: Manifest, scorer: Scorer, state: bytes) -> Manifest:
        """Store a checkpoint; the manifest comes back with version, state hash and signature filled in."""
        blob = pickle.dumps(scorer, protocol=5)
        filled = msgspec.structs.replace(manifest, version=_hash(blob), state=_hash(state))
        signed = msgspec.structs.replace(filled, signature=self._sign(filled))
        _write(self._folder / f"{signed.version}.model", blob)
        _write(self._folder / f"{signed.state}.state", state)
        _write(self._folder / f"{signed.model}@{signed.version}-{signed.state}.json", msgspec.json.encode(signed))
        return signed

    def load(self, manifest: Manifest) -> Scorer:
        """The model of a manifest; raises ModelError if anything about it is not as it was signed."""
        self.verify(manifest)
        blob = self._read(f"{manifest.version}.model", manifest.version)
        # Only bytes whose hash stands in a manifest signed with our key come this far.
        try:
            scorer: Scorer = pickle.loads(blob)
        except Exception as error:
            raise ModelError(
                f"checkpoint of {manifest.model}: this version of Weir cannot read it: {type(error).__name__}"
            ) from error
        return scorer

    def load_state(self, manifest: Manifest) -> bytes:
        self.verify(manifest)
        return self._read(f"{manifest.state}.state", manifest.state)

    def verify(self, manifest: Manifest) -> None:
        unsigned = msgspec.structs.replace(manifest, signature="")
        if not hmac.compare_digest(self._sign(unsigned).encode(), manifest.signature.encode()):
            raise ModelError(f"checkpoint of {manifest.model}: its signature is not by this registry's key")
        if not (_VERSION.fullmatch(manifest.version) and _VERSION.fullmatch(manifest.state)):
            raise ModelError(f"checkpoint of {manifest.model}: its version is no hash")

    def find(self, model: str, version: str) -> Manifest | None:
        """A manifest of this version, if the registry still has one."""
        if not _VERSION.fullmatch(version):
            return None
        for path in self._folder.glob(f"{glob.escape(model)}@{version}-*.json"):
            try:
                return msgspec.json.decode(path.read_bytes(), type=Manifest)
            except (OSError, msgspec.MsgspecError, UnicodeError):
                continue  # just pruned, or half of a disk's fault: another manifest may do
        return None

    def prune(self, before_ms: int) -> None:
        """Delete versions that were stored before that, and the states of all but a model's newest checkpoints.

        A model's newest checkpoints stay however old they are.
        """
        found = (_Checkpoint.of(path) for path in self._folder.glob("*@*.json"))
        checkpoints = sorted((one for one in found if one is not None), key=lambda one: one.at_ms)
        newest: dict[str, list[_Checkpoint]] = defaultdict(list)
        for one in checkpoints:
            newest[one.model] = [*newest[one.model][1 - _NEWEST :], one]
        resumable = [one for kept in newest.values() for one in kept]
        kept = [*resumable, *(one for one in checkpoints if one.at_ms >= before_ms)]
        names = {one.path.name for one in kept}
        names |= {f"{one.version}.model" for one in kept} | {f"{one.state}.state" for one in resumable}
        for one in checkpoints:
            for name in (one.path.name, f"{one.version}.model", f"{one.state}.state"):
                if name not in names:
                    (self._folder / name).unlink(missing_ok=True)

    def _read(self, name: str, expected: str) -> bytes:
        try:
            blob = (self._folder / name).read_bytes()
        except OSError as error:
            raise ModelError(f"checkpoint file {name} cannot be read: {type(error).__name__}") from None
        if _hash(blob) != expected:
            raise ModelError(f"checkpoint file {name} was altered: its hash is not its name")
        return blob

    def _sign(self, manifest: Manifest) -> str:
        return hmac.new(self._key, msgspec.json.encode(manifest), hashlib.sha256).hexdigest()


def _hash(blob: bytes) -> str:
    return hashlib.blake2b(blob, digest_size=16).hexdigest()


def _write(path: Path, blob: bytes) -> None:
    """Whole or not at all, also when the process dies in the middle."""
    if path.exists():
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with temporary.open("wb") as file:
        file.write(blob)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _read_or_make_key(path: Path) -> bytes:
    if not path.exists():
        temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        try:
            temporary.touch(mode=0o600)
            temporary.write_bytes(secrets.token_bytes(32))
            # A hard link fails if the key is there already: whoever is first makes the key of all.
            with contextlib.suppress(FileExistsError):
                os.link(temporary, path)
        except OSError as error:
            raise ModelError(f"the registry folder {path.parent} is not writable: {type(error).__name__}") from None
        finally:
            temporary.unlink(missing_ok=True)
    return path.read_bytes()
