"""Start a service in a session of its own, remember which process that was, and end that one and no other."""

import dataclasses
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.local import proc
from infra.local.account import Account
from infra.local.errors import ServicesError

RECORD = "process.json"
POLL_S = 0.05

# Kept so that a long-lived parent (the test session, the demo) reaps what it started.
_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True)
class Record:
    """What `up` wrote down about a process that it started."""

    service: str
    version: str
    address: str
    pid: int
    started_ticks: int
    boot_id: str
    command: tuple[str, ...]


def launch(
    command: Sequence[str],
    *,
    service: str,
    version: str,
    address: str,
    folder: Path,
    log: Path,
    env: Mapping[str, str],
    account: Account | None = None,
) -> Record:
    """Start the command, which must name the folder (`members` relies on it), in it, and record it there."""
    if log.exists():
        log.replace(log.with_suffix(".previous.log"))
    with log.open("wb") as output:
        child = subprocess.Popen(
            list(command),
            cwd=folder,
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    _children[child.pid] = child
    seen = proc.read(child.pid)
    record = Record(
        service=service,
        version=version,
        address=address,
        pid=child.pid,
        # A process that ended at once is seen no more; no other can match 0.
        started_ticks=seen.started_ticks if seen else 0,
        boot_id=proc.boot_id(),
        command=tuple(command),
    )
    draft = folder / (RECORD + ".new")
    draft.write_text(json.dumps(dataclasses.asdict(record), indent=2) + "\n")
    draft.replace(folder / RECORD)
    return record


def load(folder: Path) -> Record | None:
    """The record that lies in the folder, whether or not its process still lives."""
    path = folder / RECORD
    try:
        fields = json.loads(path.read_text())
        return Record(**{**fields, "command": tuple(fields["command"])})
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError):
        raise ServicesError(f"{path} is damaged: see whether its service still runs, then delete the file") from None


def members(record: Record, folder: Path) -> list[proc.Process]:
    """The living processes of the recorded one's session, if these are the ones that were started.

    The leader is known by its start time. When it is gone, what it left behind is known by its session
    and by the folder in its command line.
    """
    _reap(record.pid)
    if record.boot_id != proc.boot_id():
        return []
    leader = proc.read(record.pid)
    if leader is not None and leader.started_ticks != record.started_ticks:
        return []
    session = [process for process in proc.everyone() if process.session == record.pid]
    if leader is not None:
        return session
    return [p for p in session if p.started_ticks >= record.started_ticks and str(folder) in " ".join(p.command)]


def leader_lives(record: Record, folder: Path) -> bool:
    return any(process.pid == record.pid for process in members(record, folder))


def stop(folder: Path, grace_s: float = 20.0) -> bool:
    """End what the folder's record names: ask, wait, then kill. True if there was something to end."""
    record = load(folder)
    if record is None:
        return False
    found = bool(members(record, folder))
    _signal_until_gone(record, folder, signal.SIGTERM, grace_s)
    kill(folder)
    return found


def kill(folder: Path) -> None:
    """End what the folder's record names without asking, as a crash would."""
    record = load(folder)
    if record is None:
        return
    if not _signal_until_gone(record, folder, signal.SIGKILL, 30.0):
        raise ServicesError(f"{record.service} (process {record.pid}) hangs in the kernel and cannot be ended")
    (folder / RECORD).unlink()


def _signal_until_gone(record: Record, folder: Path, signal_number: signal.Signals, wait_s: float) -> bool:
    deadline_s = time.monotonic() + wait_s
    signalled: set[proc.Process] = set()
    while living := set(members(record, folder)):
        # What was forked after the first look gets its signal on a later one.
        for process in living - signalled:
            proc.send(process, signal_number)
        signalled |= living
        if time.monotonic() > deadline_s:
            return False
        time.sleep(POLL_S)
    return True


def _reap(pid: int) -> None:
    child = _children.get(pid)
    if child is not None and child.poll() is not None:
        del _children[pid]
