"""Folders that are either complete or absent: filled under another name, and renamed at the end."""

import contextlib
import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path


def make_folder(folder: Path) -> Path:
    """Make the folder and its missing parents, passable for every user whatever the umask says."""
    for part in reversed((folder, *folder.parents)):
        if not part.exists():
            part.mkdir(exist_ok=True)
            part.chmod(0o755)
    return folder


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes and threads out of the folder; they wait."""
    with (make_folder(folder) / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def draft_of(folder: Path) -> Iterator[Path | None]:
    """Yield an empty folder to fill, which becomes `folder` if nothing is raised; None if that exists."""
    with locked(folder.parent):
        if folder.exists():
            yield None
            return
        draft = Path(tempfile.mkdtemp(prefix=f"{folder.name}.new-", dir=folder.parent))
        try:
            yield draft
            draft.chmod(0o755)
            draft.rename(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
