"""`weir import mail` from files to files and to Kafka: nothing lost, twice the same bytes."""

import json
import random
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.events import KINDS, LIMIT
from support.mails import broken_mail, proper_mail
from support.mock_kafka import mock_kafka, read_topic

from features.event import EventDecoder
from streams.cli.import_ import import_
from streams.wire import decode_label

DECODER = EventDecoder(KINDS["mail"], LIMIT, 300)


@pytest.fixture
def mails(tmp_path: Path) -> Path:
    """Two hundred mails as JSON lines, every other of them broken."""
    rng = random.Random(4)
    file = tmp_path / "mails.jsonl"
    with file.open("w") as lines:
        for number in range(200):
            raw = broken_mail(rng) if number % 2 else proper_mail(number)
            line = {"id": f"m{number}", "label": ("ham", "spam", "phish")[number % 3], "raw": raw.decode("latin-1")}
            lines.write(json.dumps(line) + "\n")
    return file


def test_two_hundred_mails_become_as_many_valid_events_and_labels_and_twice_the_same_bytes(
    mails: Path, tmp_path: Path
) -> None:
    outputs = []
    for turn in ("1", "2"):
        out, labels_out = tmp_path / f"events{turn}", tmp_path / f"labels{turn}"
        arguments = ["mail", str(mails), "--out", str(out), "--labels-out", str(labels_out)]
        result = CliRunner().invoke(import_, arguments)
        assert result.exit_code == 0, result.output
        outputs.append((out.read_bytes(), labels_out.read_bytes()))
    assert outputs[0] == outputs[1]
    events = [DECODER.decode(line) for line in outputs[0][0].splitlines()]
    labels = [decode_label(line, LIMIT) for line in outputs[0][1].splitlines()]
    assert [event.id for event in events] == [f"m{number}" for number in range(200)]
    assert [label.decision_id for label in labels] == [event.decision_id for event in events]
    assert {label.data.label for label in labels[::3]} == {"legit"}
    assert {label.data.label for label in (*labels[1::3], *labels[2::3])} == {"abuse"}


def test_produced_mails_are_in_kafka_with_their_labels(mails: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with mock_kafka() as address:
        monkeypatch.setenv("WEIR_KAFKA", address)
        result = CliRunner().invoke(import_, ["mail", str(mails), "--produce"])
        assert result.exit_code == 0, result.output
        events = [DECODER.decode(message.value()) for message in read_topic(address, "mail", 200)]
        assert {event.id for event in events} == {f"m{number}" for number in range(200)}
        assert len(read_topic(address, "labels", 200)) == 200


def test_a_line_without_a_mail_is_told_and_the_rest_is_imported(mails: Path, tmp_path: Path) -> None:
    with mails.open("a") as lines:
        lines.write("secret\n")
    result = CliRunner().invoke(import_, ["mail", str(mails), "--out", str(tmp_path / "out")])
    assert result.exit_code == 1
    assert "mails.jsonl:201" in result.stderr
    assert "secret" not in result.stderr
    assert len((tmp_path / "out").read_bytes().splitlines()) == 200


def test_the_account_can_be_named_for_all(mails: Path, tmp_path: Path) -> None:
    CliRunner().invoke(import_, ["mail", str(mails), "--out", str(tmp_path / "out"), "--account", "ada"])
    events = [DECODER.decode(line) for line in (tmp_path / "out").read_bytes().splitlines()]
    assert {event.partition_key for event in events} == {"ada"}


def test_without_an_output_it_says_what_is_missing(mails: Path) -> None:
    result = CliRunner().invoke(import_, ["mail", str(mails)])
    assert result.exit_code == 2
    assert "--produce" in result.output


def test_an_interrupted_import_leaves_no_half_file(mails: Path, tmp_path: Path) -> None:
    with mails.open("ab") as lines:
        lines.write(b"\n")
    (tmp_path / "broken.gz").write_bytes(b"\x1f\x8b\x08\x00broken")
    arguments = ["mail", str(mails), str(tmp_path / "broken.gz"), "--out", str(tmp_path / "out")]
    assert CliRunner().invoke(import_, arguments).exit_code != 0
    assert {path.name for path in tmp_path.iterdir()} == {"mails.jsonl", "broken.gz"}
