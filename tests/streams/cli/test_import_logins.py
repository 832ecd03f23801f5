"""``weir import logins``: a data set of logins to files of events and labels, which replay takes."""

from __future__ import annotations

import gzip
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from support.mock_kafka import mock_kafka, read_topic

from streams.cli.main import weir
from streams.wire import decode_label

FILE = Path(__file__).parents[1] / "logins" / "rba.csv"


def test_events_and_labels_go_to_files_that_replay_takes(tmp_path: Path) -> None:
    events, labels = tmp_path / "events.ndjson", tmp_path / "labels.ndjson"
    words = ["import", "logins", "--format", "rba", str(FILE), "--out", str(events), "--labels-out", str(labels)]
    done = CliRunner().invoke(weir, [*words, "--label-delay", "2h"])
    assert done.exit_code == 0, done.output
    assert done.stderr == "40 logins, 23 labels\n"
    given = [decode_label(line, 10_000) for line in labels.read_bytes().splitlines()]
    assert [one.data.label for one in given].count("abuse") == 3
    times = {one["id"]: one["time"] for one in map(msgspec.json.decode, events.read_bytes().splitlines())}
    assert len(times) == 40
    assert times["4"] == "2020-02-03T12:43:59.400Z"
    (label,) = (one for one in given if one.data.event_id == "4")
    assert (label.data.by, label.time_ms) == ("rule", 1_580_733_839_400 + 7_200_000)
    first = events.read_bytes()
    assert CliRunner().invoke(weir, [*words, "--label-delay", "2h"]).exit_code == 0
    assert events.read_bytes() == first

    out = tmp_path / "verdicts.ndjson"
    done = CliRunner().invoke(weir, ["replay", "--events", str(events), "--labels", str(labels), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert len(out.read_bytes().splitlines()) == 40


def test_rows_that_are_none_are_counted_and_the_rest_is_imported(tmp_path: Path) -> None:
    packed, events = tmp_path / "rba.csv.gz", tmp_path / "events.ndjson"
    lines = FILE.read_bytes().splitlines(keepends=True)
    lines[3] = lines[3].replace(b",True,", b",yes,")
    packed.write_bytes(gzip.compress(b"".join(lines) + b"secret,1\n"))
    done = CliRunner().invoke(weir, ["import", "logins", "--format", "rba", str(packed), "--out", str(events)])
    assert done.exit_code == 1
    assert "refused (value) rba.csv.gz: line 4: column 'Login Successful'" in done.stderr
    assert "refused 2: row 1, value 1" in done.stderr
    assert "39 logins" in done.stderr
    assert "secret" not in done.stderr
    assert len(events.read_bytes().splitlines()) == 39


def test_events_and_labels_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    with mock_kafka() as address:
        done = CliRunner().invoke(
            weir, ["import", "logins", "--format", "rba", str(FILE), "--produce"], env={"WEIR_KAFKA": address}
        )
        assert done.exit_code == 0, done.output
        assert len(read_topic(address, "login", 40)) == 40
        assert len(read_topic(address, "labels", 23)) == 23


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--format", "rba"], "say where to"),
        (["--out", "x"], "--format"),
        (["--format", "rba", "--out", "x", "--label-delay", "soon"], "'soon' is no duration such as 24h"),
    ],
)
def test_what_makes_no_sense_is_said(words: list[str], message: str) -> None:
    done = CliRunner().invoke(weir, ["import", "logins", str(FILE), *words])
    assert done.exit_code == 2
    assert message in done.stderr
