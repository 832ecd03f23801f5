"""Folders that every user can reach: Elasticsearch's own cannot enter a checkout or a cache below /root."""

import hashlib
import shutil
import stat
from pathlib import Path

from infra.local.account import is_root
from infra.local.draft import draft_of

# Only root writes here, so nobody else can put something in the way of what root will run.
STATE = Path("/var/lib/weir-local")


def reachable(folder: Path) -> bool:
    """True if every user can pass all those parts of the path that exist."""
    path = folder.resolve()
    return all(part.stat().st_mode & stat.S_IXOTH for part in (path, *path.parents) if part.exists())


def programs_folder(cache: Path) -> Path:
    """Where downloaded programs lie: the cache, or a folder of root's if not everyone can enter the cache."""
    return STATE if is_root() and not reachable(cache) else cache


def service_folder(folder: Path) -> Path:
    """Where a service that does not run as root keeps its data.

    A fallback that exists wins: a later change of permissions must not lose sight of a running service.
    """
    if not is_root():
        return folder
    fallback = STATE / "data" / hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
    return fallback if fallback.exists() or not reachable(folder) else folder


def program_copy(program: Path) -> Path:
    """The program's folder, or a copy of it that every user can reach."""
    if not is_root() or reachable(program):
        return program
    copy = STATE / f"{program.name}-{hashlib.sha256(str(program).encode()).hexdigest()[:16]}"
    with draft_of(copy) as draft:
        if draft is not None:
            shutil.copytree(program, draft, symlinks=True, dirs_exist_ok=True)
    return copy
