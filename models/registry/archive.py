"""A model in one file, to carry it between registries: a zip of its manifest, its weights, perhaps its state."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import struct
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

from models.errors import ModelError
from models.registry.manifest import Manifest
from models.registry.signing import Digest, hash_of
from models.registry.store import MOST_BYTES

_MANIFEST, _WEIGHTS, _STATE = "manifest.json", "weights.pickle", "state"
_PART = re.compile(rf"[0-9]{{1,2}}/({_MANIFEST}|{_WEIGHTS}|{_STATE})", re.ASCII)
_MOST_MANIFEST = 4 << 20
_CHUNK = 1 << 20
# A zip ends in a record of how many entries it has and how long their list is; one of millions has a further one.
_END, _END64 = b"PK\5\6", b"PK\6\7"
_END_BYTES, _END64_BYTES = 22, 20
# A model and what it stacks, three entries each.
_MOST_ENTRIES, _MOST_LIST_BYTES = 48, 4096


class Packed(NamedTuple):
    """``state``: None where it is left out."""

    manifest: Manifest
    weights: bytes
    state: bytes | None


def write_archive(path: Path, models: Sequence[Packed]) -> None:
    """Whole or not at all; equal models give equal archives. Raises ModelError."""
    temporary = path.with_name(f".{secrets.token_hex(8)}")
    try:
        with zipfile.ZipFile(temporary, "x") as zipped:
            for index, (manifest, weights, state) in enumerate(models):
                parts = {_MANIFEST: msgspec.json.encode(manifest), _WEIGHTS: weights, _STATE: state}
                for name, blob in parts.items():
                    if blob is not None:
                        zipped.writestr(zipfile.ZipInfo(f"{index}/{name}"), blob, zipfile.ZIP_DEFLATED)
        temporary.replace(path)
    except OSError as error:
        raise ModelError(f"{path} cannot be written: {error.strerror}") from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def read_archive(path: Path, check: Callable[[Manifest], None]) -> list[Packed]:
    """The model, and after it those that it stacks; raises ModelError for what is no such archive.

    ``check`` raises for a manifest that is not trusted, before anything that belongs to it is read. Nothing is
    extracted, and nothing is held that has not the hash that the manifest says, however much it may unpack to.
    """
    with _opened(path) as zipped:
        names = zipped.namelist()
        strange = [name for name in names if not _PART.fullmatch(name)]
        if strange or len(set(names)) != len(names) or f"0/{_MANIFEST}" not in names:
            raise ModelError(
                _no_archive(path, f"it holds {strange[0]!r}" if strange else "parts are missing or double")
            )
        if not {entry.compress_type for entry in zipped.infolist()} <= {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise ModelError(_no_archive(path, "it is packed in a way that export does not use"))
        models: list[Packed] = []
        while f"{len(models)}/{_MANIFEST}" in names:
            models.append(_model(path, zipped, f"{len(models)}/", check))
        return models


def _model(path: Path, zipped: zipfile.ZipFile, folder: str, check: Callable[[Manifest], None]) -> Packed:
    with zipped.open(folder + _MANIFEST) as file:
        encoded = file.read(_MOST_MANIFEST + 1)
    if len(encoded) > _MOST_MANIFEST:
        raise ModelError(_no_archive(path, "its manifest is too large"))
    manifest = msgspec.json.decode(encoded, type=Manifest)
    check(manifest)
    weights = _part(path, zipped, folder + _WEIGHTS, manifest.weights)
    has_state = folder + _STATE in zipped.namelist()
    return Packed(manifest, weights, _part(path, zipped, folder + _STATE, manifest.state) if has_state else None)


def _part(path: Path, zipped: zipfile.ZipFile, name: str, expected: str) -> bytes:
    """Hashed before it is held."""
    digest, size = Digest(), 0
    with zipped.open(name) as file:
        while chunk := file.read(_CHUNK):
            size += len(chunk)
            if size > MOST_BYTES:
                raise ModelError(_no_archive(path, f"its {name} is larger than any model"))
            digest.update(chunk)
    blob = zipped.read(name) if digest.hexdigest() == expected else b""
    if hash_of(blob) != expected:
        raise ModelError(f"{path}: its {name} was altered: its hash is not the one that the manifest says. Not used")
    return blob


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with path.open("rb") as file:
            _check_end(path, file)
            with zipfile.ZipFile(file) as zipped:
                yield zipped
    except ModelError:
        raise
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}") from None
    except Exception as error:  # noqa: BLE001 - what damaged bytes make zipfile raise is of no one family
        raise ModelError(_no_archive(path, f"{type(error).__name__}: {error}")) from None


def _check_end(path: Path, file: BinaryIO) -> None:
    """Before zipfile holds a list of what is in it: that may say millions."""
    length = file.seek(0, os.SEEK_END)
    file.seek(max(0, length - _END_BYTES - _END64_BYTES))
    tail = file.read()
    end = tail[-_END_BYTES:]
    if len(end) < _END_BYTES or not end.startswith(_END):
        raise ModelError(_no_archive(path, "it does not end as one"))
    entries, list_bytes = struct.unpack("<10xHL6x", end)
    if entries > _MOST_ENTRIES or list_bytes > _MOST_LIST_BYTES or tail.startswith(_END64):
        raise ModelError(_no_archive(path, "it holds other files"))


def _no_archive(path: Path, why: str) -> str:
    return f"{path} is no archive of a model as `weir models export` writes it: {why}. Nothing of it was used"
