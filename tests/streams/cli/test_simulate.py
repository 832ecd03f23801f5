"""`weir simulate` writes a repeatable week, or sends one that is just over."""

import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.events import KINDS, LIMIT
from support.mock_kafka import mock_kafka, read_topic

from features.event import EventDecoder, open_envelope
from streams.cli.simulate import simulate


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(simulate, list(arguments))
    return result.exit_code, result.stderr


def test_files_hold_exactly_the_events_and_twice_the_same_bytes(tmp_path: Path) -> None:
    for turn in "12":
        files = ("--out", str(tmp_path / f"e{turn}"), "--labels-out", str(tmp_path / f"l{turn}"))
        assert run("--events", "500", "--seed", "5", *files)[0] == 0
    for name in "el":
        assert (tmp_path / f"{name}1").read_bytes() == (tmp_path / f"{name}2").read_bytes()
    assert len((tmp_path / "e1").read_bytes().splitlines()) == 500
    assert {open_envelope(line, LIMIT).type for line in (tmp_path / "l1").read_bytes().splitlines()} == {"label"}


def test_the_week_begins_when_it_is_told_to(tmp_path: Path) -> None:
    assert run("--events", "50", "--start", "2026-06-01", "--out", str(tmp_path / "e"))[0] == 0
    times = [
        open_envelope(line, LIMIT).time.date().isoformat() for line in (tmp_path / "e").read_bytes().splitlines()
    ]
    assert "2026-06-01" <= times[0] <= times[-1] <= "2026-06-07"


def test_what_is_sent_is_in_kafka_and_nothing_of_it_in_the_future(monkeypatch: pytest.MonkeyPatch) -> None:
    with mock_kafka() as address:
        monkeypatch.setenv("WEIR_KAFKA", address)
        code, said = run("--events", "300", "--produce")
        assert code == 0, said
        assert said.startswith("300 events, ")
        now_ms = int(time.time() * 1000)
        times = []
        for name, kind in KINDS.items():
            decoder = EventDecoder(kind, LIMIT, 0)
            found = read_topic(address, name, 300, within_s=2)
            times += [decoder.decode(message.value(), now_ms).time_ms for message in found]
        assert len(times) == 300
        assert min(times) > now_ms - 8 * 86_400_000


def test_one_place_to_write_to_is_needed(tmp_path: Path) -> None:
    assert run("--events", "1")[0] == 2
    assert run("--events", "1", "--produce", "--out", str(tmp_path / "e"))[0] == 2
    assert run("--events", "1", "--out", str(tmp_path / "e"), "--start", "someday")[0] == 2
