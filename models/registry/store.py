"""Where the registry's files lie: what a local folder and a file system of fsspec's have in common."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
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


def check_size(name: str, size: int) -> None:
    """Raises RegistryUnavailable."""
    if size > MOST_BYTES:
        raise RegistryUnavailable(f"{name} is larger than any model: it was not read")


@contextlib.contextmanager
def out_of_reach(shown: str, what: str, secrets: Sequence[str] = ()) -> Iterator[None]:
    """Whatever a file system raises, in one line in which none of the secrets stands: each has errors of its own."""
    try:
        yield
    except RegistryUnavailable:
        raise
    except ImportError as error:
        scheme = scheme_of(shown)
        wanted = "weir[s3]" if scheme in ("s3", "s3a") else f"what fsspec needs for {scheme}"
        raise RegistryUnavailable(f"registry {shown}: install {wanted} ({error})") from None
    except Exception as error:  # noqa: BLE001 - see above
        text = f"{type(error).__name__}: {(str(error).splitlines() or ['it says no more'])[0]}"
        for part in secrets:
            text = text.replace(part, "…")
        raise RegistryUnavailable(f"registry {shown}: {what}: {text}") from None


def scheme_of(url: str) -> str:
    return url.partition("://")[0]
