"""bogofilter, as a mail server runs it: one process to score a mail, and one to register it.

``-TT`` prints a score with 16 digits behind the point; the six of other formats would make most scores tie. Its word
list lies in a folder of its own, and no configuration is read: what runs are its defaults.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.local import debian, reach
from infra.local import settings as local
from infra.local.errors import ServicesError
from quality.mails import Corpus
from quality.protocol import Contestant, Lesson

PACKAGES = ("bogofilter-bdb", "bogofilter-common")
_REMEDY = "bogofilter is not on PATH, nor can Debian bring it ({}): apt-get install bogofilter"
_FAILED = 3
_MEMORY = Path("/dev/shm")
# What it says of a mail of which it knows no word.
_UNKNOWN = 0.52


@dataclass(frozen=True, slots=True)
class Program:
    path: Path
    environment: Mapping[str, str]

    @property
    def version(self) -> str:
        done = subprocess.run([self.path, "-V"], capture_output=True, text=True, env=dict(self.environment))
        return done.stdout.splitlines()[0] if done.stdout else "bogofilter"


def find_bogofilter() -> Program:
    """The one on PATH, or Debian's, unpacked into the cache without installing it; raises ServicesError."""
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}
    found = shutil.which("bogofilter")
    if found is not None:
        return Program(Path(found), environment)
    folder = reach.programs_folder(local.load().cache) / "bogofilter-debian"
    if not folder.exists():
        reason = debian.problem()
        if reason is not None:
            raise ServicesError(_REMEDY.format(reason))
        try:
            debian.unpack(PACKAGES, folder)
        except ServicesError as error:
            raise ServicesError(_REMEDY.format(error)) from error
    return Program(folder / "usr/bin/bogofilter-bdb", {**environment, "LD_LIBRARY_PATH": debian.library_path(folder)})


class Bogofilter(Contestant):
    def __init__(self, corpus: Corpus, program: Program) -> None:
        self._mails = corpus.mails
        self._program = program
        # In memory where that can be: each of its processes waits for the disk otherwise.
        memory = _MEMORY if os.access(_MEMORY, os.W_OK) else None
        self._words = Path(tempfile.mkdtemp(prefix="bogofilter-", dir=memory))

    def cpu_s(self) -> float:
        """Of the processes that ended, which are all: starting them and opening the word list belong to its cost."""
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        return spent.ru_utime + spent.ru_stime

    def score(self, place: int) -> float:
        if not (self._words / "wordlist.db").exists():
            return _UNKNOWN
        return float(self._run("-TT", self._mails[place].raw))

    def learn(self, lesson: Lesson) -> None:
        self._run("-s" if lesson.abuse else "-n", self._mails[lesson.place].raw)

    def close(self) -> None:
        shutil.rmtree(self._words, ignore_errors=True)

    def _run(self, option: str, raw: bytes) -> bytes:
        command = [str(self._program.path), "-C", "-d", str(self._words), option]
        done = subprocess.run(command, input=raw, capture_output=True, env=dict(self._program.environment))
        # 0, 1 and 2 are its answers: spam, ham, unsure.
        if done.returncode < 0 or done.returncode >= _FAILED:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["it said nothing"]
            raise ServicesError(f"bogofilter failed: {said[0]}")
        return done.stdout
