"""Only what was started is ended, and all of it."""

import dataclasses
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.local import proc, process
from infra.local.errors import ServicesError

SLEEP = "import time; print('up', flush=True); time.sleep(600)"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + SLEEP
PARENT = (
    "import subprocess, sys;"
    f"subprocess.Popen([sys.executable, '-c', {SLEEP!r}, sys.argv[1]]); import time; time.sleep(600)"
)

Launch = Callable[[str], process.Record]


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    """Start a Python program as a service in tmp_path, and wait until it has said something."""

    def start(program: str) -> process.Record:
        log = tmp_path / "output.log"
        record = process.launch(
            [sys.executable, "-c", program, str(tmp_path)],
            service="sleeper", version="1", address="nowhere", folder=tmp_path, log=log, env={},
        )  # fmt: skip
        deadline_s = time.monotonic() + 10
        while not log.read_text():
            assert time.monotonic() < deadline_s
            time.sleep(0.02)
        return record

    yield start
    process.stop(tmp_path, grace_s=0)


def rewrite(folder: Path, record: process.Record, **changes: object) -> None:
    (folder / process.RECORD).write_text(json.dumps(dataclasses.asdict(dataclasses.replace(record, **changes))))


def test_what_was_started_is_ended_and_its_record_goes(launch: Launch, tmp_path: Path) -> None:
    record = launch(SLEEP)
    assert process.leader_lives(record, tmp_path)
    assert process.stop(tmp_path)
    assert proc.read(record.pid) is None
    assert process.load(tmp_path) is None
    assert not process.stop(tmp_path)


def test_a_process_that_ignores_the_request_is_killed_after_the_grace(launch: Launch, tmp_path: Path) -> None:
    record = launch(DEAF)
    assert process.stop(tmp_path, grace_s=0.3)
    assert proc.read(record.pid) is None


def test_children_are_ended_with_it(launch: Launch, tmp_path: Path) -> None:
    record = launch(PARENT)
    assert len(process.members(record, tmp_path)) == 2
    process.stop(tmp_path)
    assert [p for p in proc.everyone() if p.session == record.pid] == []


def test_children_that_outlive_a_crashed_leader_are_ended(launch: Launch, tmp_path: Path) -> None:
    record = launch(PARENT)
    leader = proc.read(record.pid)
    assert leader is not None
    proc.send(leader, process.signal.SIGKILL)
    while process.leader_lives(record, tmp_path):
        time.sleep(0.02)
    assert len(process.members(record, tmp_path)) == 1
    assert process.stop(tmp_path)
    assert [p for p in proc.everyone() if p.session == record.pid] == []


def test_a_stranger_who_got_the_pid_is_not_touched(launch: Launch, tmp_path: Path) -> None:
    record = launch(SLEEP)
    rewrite(tmp_path, record, started_ticks=record.started_ticks - 1)
    assert not process.stop(tmp_path)
    assert proc.read(record.pid) is not None
    rewrite(tmp_path, record)


def test_a_record_from_before_the_last_boot_means_nothing(launch: Launch, tmp_path: Path) -> None:
    record = launch(SLEEP)
    rewrite(tmp_path, record, boot_id="another")
    assert not process.stop(tmp_path)
    assert proc.read(record.pid) is not None
    rewrite(tmp_path, record)


def test_what_is_left_of_a_strangers_session_is_not_touched(tmp_path: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    try:
        # The session's number is that of the record, its leader is not there, and nothing names our folder.
        record = process.Record("sleeper", "1", "nowhere", 2**22 + 1, 0, proc.boot_id(), ())
        mine = dataclasses.replace(record, pid=stranger.pid)
        assert process.members(record, tmp_path) == []
        assert process.members(mine, tmp_path) == []
    finally:
        stranger.kill()
        stranger.wait()


def test_a_signal_never_reaches_a_later_owner_of_the_pid() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        seen = proc.read(child.pid)
        assert seen is not None
        proc.send(dataclasses.replace(seen, started_ticks=seen.started_ticks - 1), process.signal.SIGKILL)
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(0.2)
    finally:
        child.kill()
        child.wait()


def test_a_damaged_record_is_said_not_guessed_at(tmp_path: Path) -> None:
    (tmp_path / process.RECORD).write_text("{")
    with pytest.raises(ServicesError, match=r"process\.json is damaged"):
        process.stop(tmp_path)


def test_a_name_with_spaces_and_parentheses_is_read_right(tmp_path: Path) -> None:
    program = tmp_path / "odd) S (name"
    program.symlink_to("/bin/sleep")
    child = subprocess.Popen([program, "600"])
    try:
        seen = proc.read(child.pid)
        while seen is not None and len(seen.command) < 2:
            # Until it has become the other program it is still a copy of this one, or has no command at all.
            time.sleep(0.01)
            seen = proc.read(child.pid)
        assert seen is not None
        assert (seen.pid, seen.command[1]) == (child.pid, "600")
        assert seen.started_ticks > 0
    finally:
        child.kill()
        child.wait()
