"""Hashes and signatures: what a registry vouches for, and how one is sure of it."""

from __future__ import annotations

import hashlib
import hmac
from functools import partial
from typing import Any

import msgspec

from models.errors import ModelError
from models.registry.manifest import HASH, NAME, Manifest, version_of

# One signature never stands for the other.
_MANIFEST, _KEEP = b"weir model manifest\n", b"weir model to keep\n"
Digest = partial(hashlib.blake2b, digest_size=32)


def hash_of(blob: bytes) -> str:
    """BLAKE2b-256, in hexadecimal digits."""
    return Digest(blob).hexdigest()


class Mark(msgspec.Struct, frozen=True):
    """What lies beside a promoted model: its manifest, and the registry's word that it is to be kept."""

    manifest: Manifest
    signature: str


class Signer:
    """HMAC-SHA256 under one key. ``whose``: what errors call it."""

    def __init__(self, key: bytes, whose: str) -> None:
        self._key = key
        self._whose = whose

    def signed(self, manifest: Manifest) -> Manifest:
        """With version and signature filled in."""
        unsigned = msgspec.structs.replace(manifest, version=version_of(manifest), signature="")
        return msgspec.structs.replace(unsigned, signature=self._sign(_MANIFEST, unsigned))

    def verify(self, manifest: Manifest) -> None:
        """Raises ModelError unless it is, to the last field, as it was signed with this key."""
        unsigned = msgspec.structs.replace(manifest, signature="")
        if not self._matches(_MANIFEST, unsigned, manifest.signature):
            raise ModelError(f"checkpoint of {manifest.model}: its signature is not by {self._whose}")
        hashes = HASH.fullmatch(manifest.weights) and (not manifest.state or HASH.fullmatch(manifest.state))
        if not (hashes and NAME.fullmatch(manifest.model) and manifest.version == version_of(manifest)):
            raise ModelError(f"checkpoint of {manifest.model}: its version is no hash of what it is made of")

    def mark(self, manifest: Manifest) -> Mark:
        return Mark(manifest, self._sign(_KEEP, manifest))

    def verify_mark(self, mark: Mark) -> None:
        self.verify(mark.manifest)
        if not self._matches(_KEEP, mark.manifest, mark.signature):
            raise ModelError(f"mark of {mark.manifest.model}: its signature is not by {self._whose}")

    def _sign(self, purpose: bytes, manifest: Manifest) -> str:
        return hmac.new(self._key, purpose + msgspec.json.encode(_told(manifest)), hashlib.sha256).hexdigest()

    def _matches(self, purpose: bytes, manifest: Manifest, signature: str) -> bool:
        return hmac.compare_digest(self._sign(purpose, manifest).encode(), signature.encode())


def _told(value: Any) -> Any:
    """What a manifest says, less what it leaves at its default: so a field of a later version of Weir breaks no
    signature of an earlier one's."""
    if isinstance(value, msgspec.Struct):
        fields = ((field, getattr(value, field.name)) for field in msgspec.structs.fields(value))
        return {field.name: _told(given) for field, given in fields if given != _default(field)}
    if isinstance(value, dict):
        return {key: _told(inner) for key, inner in value.items()}
    return [_told(one) for one in value] if isinstance(value, (tuple, list)) else value


def _default(field: msgspec.structs.FieldInfo) -> Any:
    """What no field can hold, where there is no default."""
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
