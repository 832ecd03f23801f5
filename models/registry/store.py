"""Where the registry's files lie: what a local folder and a file system of fsspec's have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from models.errors import RegistryUnavailable

# No model is near it, and nobody shall fill a worker's memory with a file that is none.
MOST_BYTES = 1 << 30


class Store(Protocol):
    """Names read ``folder/file``. All raise RegistryUnavailable for what is out of reach."""

    shown: str

    def read(self, name: str) -> bytes | None:
        """None: there is no such file."""

    def write(self, name: str, blob: bytes) -> None:
        """A reader meets the whole file, or what was there before."""

    def names(self, folder: str) -> list[str]:
        """The files and folders in a folder, sorted; none if it is not there."""

    def modified_ms(self, name: str) -> int | None:
        """When it was written, in ms since 1970; None: it is gone, or nobody knows."""

    def delete(self, names: Sequence[str]) -> None:
        """A file that is gone already is no fault."""


def sized(name: str, blob: bytes) -> bytes:
    if len(blob) > MOST_BYTES:
        raise RegistryUnavailable(f"{name} is larger than any model: it was not read")
    return blob
