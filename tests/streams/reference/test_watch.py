"""A running process takes changed reference data without a restart, and keeps what it has when it cannot."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from support.events import KINDS

from features.catalogue import catalogues
from features.reference import Reference, load_reference
from features.reference.load import NETWORKS_FILE, TOR_FILE
from features.reference.networks import build
from streams.in_force import InForceBook
from streams.reference.watch import ReferenceWatch, read_reference
from streams.settings import Settings

EXIT = "192.0.2.9"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / NETWORKS_FILE).write_bytes(build([(0xC0000200, 0xC00002FF, 64500)], []).encode())
    (tmp_path / TOR_FILE).write_text("198.51.100.1\n")
    return tmp_path


def book(folder: Path) -> InForceBook:
    return InForceBook(
        Settings(registry=str(folder / "registry"), reference_folder=folder), catalogues(list(KINDS.values()))
    )


def test_changed_tables_are_in_force_for_every_kind_without_a_restart(folder: Path) -> None:
    held = book(folder)
    before = {kind: held.now(kind) for kind in KINDS}
    watch = ReferenceWatch(folder, held.reference, held.take_reference)
    (folder / TOR_FILE).write_text(f"{EXIT}\n")
    for _ in range(3):
        watch.look()
    for kind in KINDS:
        now = held.now(kind)
        assert now.reference.is_tor(EXIT)
        assert now.reference.version == load_reference(folder).version != before[kind].reference.version
        assert (now.bundle, now.models) == (before[kind].bundle, before[kind].models)
        # What a micro-batch took at its start stays as it was.
        assert not before[kind].reference.is_tor(EXIT)


def test_the_watch_looks_by_itself_while_the_process_runs(folder: Path) -> None:
    taken: list[Reference] = []

    class App:
        should_stop = False

    async def run() -> None:
        app = App()
        watching = asyncio.create_task(ReferenceWatch(folder, load_reference(folder), taken.append).run(app))
        (folder / TOR_FILE).write_text(f"{EXIT}\n")
        async with asyncio.timeout(30):
            while not taken:
                await asyncio.sleep(0.05)
        app.should_stop = True
        await watching

    asyncio.run(run())
    assert [reference.is_tor(EXIT) for reference in taken] == [True]


@pytest.mark.parametrize("name", [NETWORKS_FILE, TOR_FILE])
def test_a_broken_file_is_reported_once_and_the_running_data_stays_until_it_is_mended(
    folder: Path, name: str
) -> None:
    good = (folder / name).read_bytes()
    taken: list[Reference] = []
    watch = ReferenceWatch(folder, load_reference(folder), taken.append)
    (folder / name).write_bytes(good[:-3] + b"x")
    with capture_logs() as logs:
        for _ in range(5):
            watch.look()
    assert [line["event"] for line in logs] == ["reference_refused"]
    assert str(folder / name) in logs[0]["why"]
    assert taken == []
    changed = b"203.0.113.7\n" if name == TOR_FILE else build([(0, 255, 7)], []).encode()
    (folder / name).write_bytes(changed)
    for _ in range(3):
        watch.look()
    assert len(taken) == 1


def test_a_file_that_is_still_being_written_is_left_alone(folder: Path) -> None:
    taken: list[Reference] = []
    watch = ReferenceWatch(folder, load_reference(folder), taken.append)
    text = ""
    with capture_logs() as logs:
        for number in range(5):
            text += f"192.0.2.{number}\n"
            (folder / TOR_FILE).write_text(text)
            watch.look()
        assert taken == []
        watch.look()
    assert len(taken) == 1
    assert [line["event"] for line in logs] == ["reference_loaded"]


def test_a_file_that_changed_between_the_reading_and_the_first_look_is_not_missed(folder: Path) -> None:
    running = load_reference(folder)
    (folder / TOR_FILE).write_text(f"{EXIT}\n")
    taken: list[Reference] = []
    ReferenceWatch(folder, running, taken.append).look()
    assert [reference.is_tor(EXIT) for reference in taken] == [True]


def test_untouched_or_merely_touched_files_change_nothing(folder: Path) -> None:
    taken: list[Reference] = []
    watch = ReferenceWatch(folder, load_reference(folder), taken.append)
    for seconds in (1, 2, 3):
        os.utime(folder / TOR_FILE, (seconds, seconds))
        watch.look()
        watch.look()
    assert taken == []


def test_what_is_absent_is_said_once_with_how_to_get_it(tmp_path: Path) -> None:
    with capture_logs() as logs:
        reference = read_reference(tmp_path)
        watch = ReferenceWatch(tmp_path, reference, lambda _: None)
        for number in range(1000):
            reference.network(None, f"192.0.2.{number % 256}")
            reference.is_tor(EXIT)
        watch.look()
    (line,) = logs
    assert line["event"] == "reference_absent"
    assert line["tables"] == ["asn", "tor"]
    assert "weir reference fetch" in line["remedy"]


def test_a_table_that_goes_away_is_taken_away_and_said(folder: Path) -> None:
    taken: list[Reference] = []
    watch = ReferenceWatch(folder, load_reference(folder), taken.append)
    (folder / TOR_FILE).unlink()
    with capture_logs() as logs:
        for _ in range(3):
            watch.look()
    assert [line["event"] for line in logs] == ["reference_absent", "reference_loaded"]
    assert logs[0]["tables"] == ["tor"]
    assert not taken[0].is_tor("198.51.100.1")
