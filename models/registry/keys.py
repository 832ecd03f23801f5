"""The key that signs a registry's manifests: beside a local registry, and never in a bucket."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from models.errors import ModelError

KEY_FILE = "signing.key"
_BYTES = 32
_MOST_BYTES = 4096
_MAKE = "make one with `(umask 077; head -c 32 /dev/urandom > FILE)`, or copy that of the processes that share it"


def key_of(folder: Path | None, key_file: Path | None, shown: str) -> bytes:
    """A registry's key; that of a local ``folder`` (None: it lies elsewhere) is made on first use."""
    if key_file is not None:
        return read_key(key_file)
    if folder is None:
        raise ModelError(
            f"registry {shown}: whoever can write there must not be able to sign: set registry_key_file to a file on "
            f"this machine that holds the key; {_MAKE}"
        )
    return _read_or_make(folder)


def read_key(path: Path) -> bytes:
    """The bytes of a key file; raises ModelError if it is none."""
    if ":/" in str(path):
        raise ModelError(
            f"key file {path}: the key has to lie on this machine, and not where the models lie: {_MAKE}"
        )
    try:
        with path.open("rb") as file:
            key = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ModelError(f"key file {path} cannot be read ({error.strerror}): {_MAKE}") from None
    if not _BYTES <= len(key) <= _MOST_BYTES:
        raise ModelError(f"key file {path}: a key has {_BYTES} to {_MOST_BYTES} bytes: {_MAKE}")
    return key


def _read_or_make(folder: Path) -> bytes:
    path = folder / KEY_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ModelError(f"the registry folder {folder} cannot be made: {error.strerror}") from None
    if not path.exists():
        temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        try:
            temporary.touch(mode=0o600)
            temporary.write_bytes(secrets.token_bytes(_BYTES))
            # A hard link fails if the key is there already: whoever is first makes the key of all.
            with contextlib.suppress(FileExistsError):
                os.link(temporary, path)
        except OSError as error:
            raise ModelError(f"the registry folder {folder} is not writable: {type(error).__name__}") from None
        finally:
            temporary.unlink(missing_ok=True)
    return read_key(path)
