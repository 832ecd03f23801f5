"""The folder of a service: made for it, never taken from someone else, deleted only if it was made here."""

import shutil
from pathlib import Path

from infra.local.draft import make_folder
from infra.local.errors import ServicesError
from infra.local.settings import setting

MARK = ".weir-local"


def claim(folder: Path) -> None:
    """Make the folder with its subfolders, or find it as it was made before."""
    if folder.exists() and not (folder / MARK).exists() and any(folder.iterdir()):
        raise ServicesError(f"{folder} holds something else: name another data folder in {setting('data')}")
    make_folder(folder)
    (folder / MARK).touch()
    for name in ("data", "conf", "log"):
        make_folder(folder / name)


def purge(folder: Path) -> None:
    """Delete the folder, if it is one of ours."""
    if (folder / MARK).exists():
        shutil.rmtree(folder)


def tail(log: Path, lines: int) -> list[str]:
    """The last lines of a log; none if it was never written."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, stream.seek(0, 2) - 400 * lines))
            return stream.read().decode(errors="replace").splitlines()[-lines:]
    except FileNotFoundError:
        return []
