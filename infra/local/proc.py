"""What the kernel says about processes: who they are, without trusting a bare pid, which may be reused."""

import contextlib
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from infra.local.errors import ServicesError

PROC = Path("/proc")


@dataclass(frozen=True)
class Process:
    """A process at one moment. (pid, started_ticks) is its identity until the machine boots anew."""

    pid: int
    session: int
    started_ticks: int
    command: tuple[str, ...]


def boot_id() -> str:
    return (PROC / "sys/kernel/random/boot_id").read_text().strip()


def read(pid: int) -> Process | None:
    """The living process of that pid; None if there is none, or only its unreaped remains."""
    try:
        stat = (PROC / str(pid) / "stat").read_text()
        command = (PROC / str(pid) / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name, in parentheses, may itself hold spaces and parentheses: the fields start after the last one.
    fields = stat[stat.rindex(")") + 2 :].split()
    if fields[0] in "ZX":
        return None
    arguments = tuple(part.decode(errors="replace") for part in command.split(b"\0") if part)
    return Process(pid=pid, session=int(fields[3]), started_ticks=int(fields[19]), command=arguments)


def everyone() -> Iterator[Process]:
    """All living processes."""
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (process := read(int(entry.name))):
            yield process


def send(process: Process, signal_number: signal.Signals) -> None:
    """Signal exactly that process; nothing happens if it has ended, even if its pid is in use again."""
    try:
        handle = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return
    try:
        # The handle keeps pointing at whoever had the pid when it was opened, so the check cannot go stale.
        now = read(process.pid)
        if now is not None and now.started_ticks == process.started_ticks:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, signal_number)
    except PermissionError:
        raise ServicesError(f"process {process.pid} belongs to another user: stop it as that user") from None
    finally:
        os.close(handle)
