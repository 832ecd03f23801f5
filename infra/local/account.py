"""The user as whom a service runs: Elasticsearch refuses root, so root gets a system user for it."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from infra.local.errors import ServicesError

NAME = "weir-es"


@dataclass(frozen=True)
class Account:
    """A user other than the one who runs this."""

    uid: int
    gid: int


def is_root() -> bool:
    return os.geteuid() == 0


def unprivileged() -> Account | None:
    """None unless root runs this: then the system user `weir-es`, made if it does not exist."""
    if not is_root():
        return None
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        _create()
        entry = pwd.getpwnam(NAME)
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)


def hand_over(folder: Path, account: Account) -> None:
    """Give the folder and everything in it to that user."""
    for parent, _, files in os.walk(folder):
        os.chown(parent, account.uid, account.gid)
        for name in files:
            os.chown(os.path.join(parent, name), account.uid, account.gid, follow_symlinks=False)


def _create() -> None:
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if useradd is None:
        raise ServicesError(
            f"Elasticsearch refuses to run as root, and useradd is missing: make a system user {NAME}, "
            "or run this as an ordinary user"
        )
    command = [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", "--user-group", NAME]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise ServicesError(f"the user {NAME}, as whom Elasticsearch would run, was not made: {done.stderr.strip()}")
