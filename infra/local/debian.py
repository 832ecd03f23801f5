"""Bring programs from Debian's packages without installing them: no root, and no daemon at the next boot."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from infra.local.draft import draft_of
from infra.local.errors import ServicesError


def problem() -> str | None:
    """Why nothing can be brought from Debian here."""
    missing = [name for name in ("apt-get", "dpkg") if shutil.which(name) is None]
    return f"{missing[0]} is missing" if missing else None


def unpack(packages: Sequence[str], target: Path) -> None:
    """Fill the folder `target` with the packages and those that they need and this machine lacks."""
    with draft_of(target) as draft:
        if draft is None:
            return
        work = draft / "apt"
        for folder in ("lists/partial", "archives/partial"):
            (work / folder).mkdir(parents=True)
        # Lists and archives of our own: apt's belong to root, and may be empty or old on a fresh machine.
        apt = [
            "apt-get",
            "--quiet",
            "--quiet",
            "-o",
            f"Dir::State::lists={work}/lists",
            "-o",
            f"Dir::Cache={work}",
        ]
        apt += [
            "-o",
            f"Dir::Cache::archives={work}/archives",
            "-o",
            "Debug::NoLocking=1",
            "-o",
            "APT::Sandbox::User=",
        ]
        _run([*apt, "update"])
        _run([*apt, "--yes", "--download-only", "--no-install-recommends", "--reinstall", "install", *packages])
        for archive in sorted(work.glob("archives/*.deb")):
            _run(["dpkg", "-x", str(archive), str(draft)])
        shutil.rmtree(work)


def library_path(target: Path) -> str:
    """LD_LIBRARY_PATH for programs of an unpacked package."""
    return ":".join(str(path) for path in sorted(target.glob("usr/lib/*-linux-gnu*")))


def _run(command: list[str]) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or ["it said nothing"]
        raise ServicesError(f"{command[0]} could not bring what Debian has: {said[0]}")
