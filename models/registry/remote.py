"""The registry on a file system that fsspec knows: S3 and its like."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager

import fsspec

from models.errors import RegistryUnavailable
from models.registry.store import check_size, out_of_reach

_USERINFO = re.compile(r"(?<=://)[^/@]*@")


class RemoteFolder:
    """Object stores write whole objects; where one does not, a half one is refused by its hash or signature."""

    def __init__(self, url: str) -> None:
        self.shown = _USERINFO.sub("…@", url)
        self._secrets = [
            part for found in _USERINFO.findall(url) for part in re.split("[:@]", found) if len(part) > 3
        ]
        with self._faults("it cannot be opened"):
            self._files, self._root = fsspec.core.url_to_fs(url)

    def read(self, name: str) -> bytes | None:
        with self._faults(f"{name} cannot be read"):
            try:
                check_size(name, self._files.size(self._at(name)) or 0)
                blob: bytes = self._files.cat_file(self._at(name))
            except (FileNotFoundError, IsADirectoryError):
                return None
            return blob

    def write(self, name: str, blob: bytes) -> None:
        with self._faults(f"{name} cannot be written"):
            try:
                self._files.pipe_file(self._at(name), blob)
            except FileNotFoundError:
                self._make_folders(name)
                self._files.pipe_file(self._at(name), blob)

    def names(self, folder: str) -> list[str]:
        with self._faults(f"{folder} cannot be listed"):
            # What other processes have written is not in this one's memory of the place.
            self._files.invalidate_cache()
            try:
                found = self._files.ls(self._at(folder), detail=False)
            except (FileNotFoundError, NotADirectoryError):
                return []
            return sorted(path.rstrip("/").rpartition("/")[2] for path in found)

    def modified_ms(self, name: str) -> int | None:
        try:
            with self._faults(f"{name} cannot be asked about"):
                return int(self._files.modified(self._at(name)).timestamp() * 1000)
        except RegistryUnavailable:
            return None

    def delete(self, names: Sequence[str]) -> None:
        paths = [self._at(name) for name in names]
        with self._faults("files cannot be deleted"):
            try:
                # At once, where the file system can.
                self._files.rm(paths)
            except FileNotFoundError:
                for path in paths:
                    with contextlib.suppress(FileNotFoundError):
                        self._files.rm_file(path)

    def _make_folders(self, name: str) -> None:
        """The registry's own, and nothing above them: a bucket is made by whoever pays for it."""
        parts = name.split("/")[:-1]
        for depth in range(len(parts) + 1):
            with contextlib.suppress(FileExistsError):
                self._files.mkdir(self._at("/".join(parts[:depth])).rstrip("/"), create_parents=False)

    def _at(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"

    def _faults(self, what: str) -> AbstractContextManager[None]:
        return out_of_reach(self.shown, what, self._secrets)
