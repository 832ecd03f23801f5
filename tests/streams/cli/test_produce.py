"""`weir produce` sends what is valid, and tells line by line what is not."""

import gzip
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.events import T0, record
from support.mock_kafka import mock_kafka, read_topic

from streams.cli.produce import produce
from streams.wire import LabelData, encode_label

LABEL = encode_label(
    "1", "test", T0, LabelData(event_id="1", event_source="t", kind="login", label="abuse", by="user", labeller="bo")
)
PAST = 1_767_571_200_000


def test_each_line_goes_to_the_topic_of_its_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [record(("login", "signup", "mail")[n % 3], str(n), PAST) for n in range(30)]
    (tmp_path / "events.gz").write_bytes(gzip.compress(b"\n\n".join(lines)))
    (tmp_path / "labels").write_bytes(LABEL)
    with mock_kafka() as address:
        monkeypatch.setenv("WEIR_KAFKA", address)
        arguments = [str(tmp_path / "events.gz"), "--labels", str(tmp_path / "labels")]
        result = CliRunner().invoke(produce, arguments)
        assert (result.exit_code, result.stderr) == (0, "31 records sent\n")
        for offset, topic in enumerate(("login", "signup", "mail")):
            assert {message.value() for message in read_topic(address, topic, 10)} == set(lines[offset::3])
        assert [message.value() for message in read_topic(address, "labels", 1)] == [LABEL]


def test_refused_lines_are_told_with_their_number_and_counted_and_the_rest_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = [record("login", str(n), PAST) for n in range(20)]
    lines[3] = b'{"secret'
    for wrong in range(5, 15):
        lines[wrong] = record("login", "secret", PAST, success="secret")
    with mock_kafka() as address:
        monkeypatch.setenv("WEIR_KAFKA", address)
        result = CliRunner().invoke(produce, ["-"], input=b"\n".join(lines))
        assert result.exit_code == 1
        assert len(read_topic(address, "login", 9)) == 9
    told = result.stderr.splitlines()
    assert "-:4: " in told[0]
    assert len([line for line in told if "-:" in line]) == 5
    assert told[-2:] == ["weir produce: refused 11: field 10, json 1", "9 records sent"]
    assert "secret" not in result.stderr


def test_labels_are_sent_alone_and_nothing_at_all_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "labels").write_bytes(LABEL)
    with mock_kafka() as address:
        monkeypatch.setenv("WEIR_KAFKA", address)
        result = CliRunner().invoke(produce, ["--labels", str(tmp_path / "labels")])
        assert (result.exit_code, result.stderr) == (0, "1 records sent\n")
        assert [message.value() for message in read_topic(address, "labels", 1)] == [LABEL]
        result = CliRunner().invoke(produce, [])
        assert result.exit_code == 2
        assert "say which FILE" in result.stderr


def test_a_rate_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "events").write_bytes(b"\n".join(record("login", str(n), PAST) for n in range(50)))
    with mock_kafka() as address:
        monkeypatch.setenv("WEIR_KAFKA", address)
        started_s = time.monotonic()
        assert CliRunner().invoke(produce, [str(tmp_path / "events"), "--rate", "100"]).exit_code == 0
        assert 0.49 <= time.monotonic() - started_s < 5
