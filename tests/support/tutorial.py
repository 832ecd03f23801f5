"""Runs a tutorial to the letter: its shell blocks in one shell, its diffs applied, its outputs compared."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MARK = "\x1e"


@dataclass(frozen=True)
class Block:
    """A fenced block: ``sh`` is run, ``diff`` is applied, ``text`` is what the ``sh`` before it prints."""

    language: str
    text: str


def blocks(page: str) -> list[Block]:
    return [Block(*found.groups()) for found in _FENCE.finditer((ROOT / "docs" / page).read_text())]


def checkout(folder: Path) -> Path:
    """A copy of the working tree, with the virtual environment of this one."""
    shutil.copytree(
        ROOT,
        folder,
        ignore=shutil.ignore_patterns(".git", ".venv", "var", "dist", "__pycache__", ".*_cache", ".hypothesis"),
    )
    (folder / ".venv").symlink_to(ROOT / ".venv")
    # Older than what is installed: the copy is not set up anew.
    for name in ("pyproject.toml", "requirements-dev.lock"):
        os.utime(folder / name, (0, 0))
    return folder


def follow(page: str, folder: Path, env: Mapping[str, str], timeout_s: float) -> None:
    """Do what a page of docs/ says in ``folder``, a checkout; what it starts is ended."""
    page_blocks = blocks(page)
    lines: list[str] = []
    for block in page_blocks:
        if block.language == "diff":
            lines.append(f"patch -p1 --no-backup-if-mismatch > patch.log <<'END_OF_DIFF'\n{block.text}END_OF_DIFF")
        elif block.language == "sh":
            lines.append(block.text)
        lines.append(f"printf '{_MARK}'")
    errors = folder / "tutorial.stderr"
    with errors.open("wb") as stderr:
        # The copy comes before the checkout that is installed.
        shell = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", "\n".join(lines)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", **env},
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
        )
        try:
            output, _ = shell.communicate(timeout=timeout_s)
        finally:
            # What a page leaves running in the background is in the shell's process group.
            with suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)
    printed = output.decode().split(_MARK)
    said = errors.read_text()[-3000:]
    assert shell.returncode == 0, f"{page}, block {len(printed)}: {printed[-1]}{said}"
    for index, block in enumerate(page_blocks):
        if block.language == "text":
            assert printed[index - 1].strip() == block.text.strip(), said
