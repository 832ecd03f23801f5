"""The registry in a bucket, by obstore: S3 and what speaks like it, Google's, Azure's.

Not by the file system that obstore makes for fsspec: a process that ends soon after a request sometimes aborts then.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from datetime import timedelta

from models.errors import RegistryUnavailable
from models.registry.store import check_size, out_of_reach, scheme_of

SCHEMES = ("s3", "s3a", "gs", "az", "abfs", "abfss")
# A process that waits for a model does nothing else meanwhile: obstore's own patience is three minutes.
_RETRIES, _PATIENCE_S = 3, 20


def is_bucket(url: str) -> bool:
    """Whether it is one that can be reached so; else fsspec may know it."""
    return scheme_of(url) in SCHEMES and importlib.util.find_spec("obstore") is not None


class Bucket:
    """Keys and addresses come from the environment, as those of the vendors' own programs (AWS_ENDPOINT_URL, …)."""

    def __init__(self, url: str) -> None:
        import obstore
        from obstore.store import from_url

        self.shown = url
        self._obstore = obstore
        with out_of_reach(self.shown, "it cannot be opened"):
            self._store = from_url(
                url, retry_config={"max_retries": _RETRIES, "retry_timeout": timedelta(seconds=_PATIENCE_S)}
            )

    def read(self, name: str) -> bytes | None:
        with out_of_reach(self.shown, f"{name} cannot be read"):
            try:
                found = self._obstore.get(self._store, name)
            except FileNotFoundError:
                return None
            check_size(name, found.meta["size"])
            return bytes(found.bytes())

    def write(self, name: str, blob: bytes) -> None:
        with out_of_reach(self.shown, f"{name} cannot be written"):
            self._obstore.put(self._store, name, blob)

    def names(self, folder: str) -> list[str]:
        with out_of_reach(self.shown, f"{folder} cannot be listed"):
            found = self._obstore.list_with_delimiter(self._store, folder or None)
            paths = [*found["common_prefixes"], *(one["path"] for one in found["objects"])]
            return sorted(path.rstrip("/").rpartition("/")[2] for path in paths)

    def modified_ms(self, name: str) -> int | None:
        try:
            with out_of_reach(self.shown, f"{name} cannot be asked about"):
                return int(self._obstore.head(self._store, name)["last_modified"].timestamp() * 1000)
        except RegistryUnavailable:
            return None

    def delete(self, names: Sequence[str]) -> None:
        with out_of_reach(self.shown, "files cannot be deleted"):
            if names:
                self._obstore.delete(self._store, list(names))
