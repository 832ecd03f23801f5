"""The one error of this package: it says in a line what is wrong and what the reader can do about it."""

import contextlib
import errno
from collections.abc import Iterator


class ServicesError(Exception):
    """The local services cannot do what was asked."""


@contextlib.contextmanager
def said_plainly() -> Iterator[None]:
    """Turn what the operating system refuses (a full disk, a folder of someone else's) into a ServicesError."""
    try:
        yield
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        hint = "; free some space" if error.errno == errno.ENOSPC else ""
        raise ServicesError(f"{what}{hint}") from None
