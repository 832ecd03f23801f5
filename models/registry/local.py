"""The registry in a local folder: a file is on the disk before its name is."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

from models.errors import RegistryUnavailable
from models.registry.store import MOST_BYTES, check_size

_SCHEMES = ("file", "local")


def local_folder(url: str) -> Path | None:
    """The folder that the URL means; None: it lies elsewhere."""
    scheme, given, rest = url.partition("://")
    if not given:
        return Path(url)
    return Path(rest) if scheme in _SCHEMES and "::" not in rest else None


class LocalFolder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.shown = str(folder)

    def read(self, name: str) -> bytes | None:
        with self._faults(f"{name} cannot be read"):
            try:
                with (self._folder / name).open("rb") as file:
                    blob = file.read(MOST_BYTES + 1)
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                return None
            check_size(name, len(blob))
            return blob

    def write(self, name: str, blob: bytes) -> None:
        path = self._folder / name
        temporary = path.with_name(f".{secrets.token_hex(8)}")
        with self._faults(f"{name} cannot be written"):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with temporary.open("wb") as file:
                    file.write(blob)
                    file.flush()
                    os.fsync(file.fileno())
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)
            _sync_folder(path.parent)

    def names(self, folder: str) -> list[str]:
        with self._faults(f"{folder} cannot be listed"):
            try:
                return sorted(os.listdir(self._folder / folder))
            except (FileNotFoundError, NotADirectoryError):
                return []

    def modified_ms(self, name: str) -> int | None:
        try:
            return (self._folder / name).stat().st_mtime_ns // 1_000_000
        except OSError:
            return None

    def delete(self, names: Sequence[str]) -> None:
        with self._faults("files cannot be deleted"):
            for name in names:
                (self._folder / name).unlink(missing_ok=True)

    @contextlib.contextmanager
    def _faults(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise RegistryUnavailable(f"registry {self._folder}: {what}: {error.strerror}") from None


def _sync_folder(folder: Path) -> None:
    """A new name is only in the folder for good once that is on the disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
