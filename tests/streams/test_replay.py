"""Replay: a file of events decided in one process, the same bytes each time, each label applied when it is due."""

from __future__ import annotations

import asyncio
import gzip
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result
from support.events import KINDS, T0, record
from support.hostile import garbage, odd_but_valid

from features.errors import WeirError
from features.event import decision_id
from models.verdict import is_intact
from streams.cli.replay import replay
from streams.offline.replay import LabelQueue, Replay, read_labels
from streams.offline.run import replay_lines
from streams.settings import load_settings
from streams.wire import LabelData, encode_label

SECOND = 1000


def event(number: int, at_s: float = 0, **data: Any) -> bytes:
    return record("login", str(number), T0 + int(at_s * SECOND), **{"account": f"a{number}", **data})


def label(number: int, at_s: float, value: str = "abuse", by: str = "analyst") -> bytes:
    data = LabelData(event_id=str(number), event_source="test", kind="login", label=value, by=by, labeller="x")  # type: ignore[arg-type]
    return encode_label(f"l{number}-{at_s}", "desk", T0 + int(at_s * SECOND), data)


def run(events: Iterable[bytes], labels: Iterable[bytes] = (), **settings: Any) -> tuple[list[Any], Replay]:
    """The verdicts of these lines (None where there is none), and the replay that made them."""
    engine = Replay(load_settings(min_labels=1, **settings), KINDS)
    given, refused = read_labels(labels, 100_000)
    assert refused == []

    async def inside() -> list[Any]:
        lines = replay_lines(engine, events, LabelQueue(given))
        return [None if verdict is None else msgspec.json.decode(verdict) async for _, verdict in lines]

    return asyncio.run(inside()), engine


def learned(verdicts: list[Any]) -> list[int]:
    """How many labels the champion had learned when it scored each event."""
    versions = [verdict["data"]["scores"][0]["version"] for verdict in verdicts]
    return [0 if version == "untrained" else int(version) for version in versions]


def mixed(count: int) -> tuple[list[bytes], list[bytes]]:
    """Events of all kinds, some of them of one account, with labels for a third of the logins."""
    events, labels = [], []
    for i in range(count):
        kind = ("login", "signup", "mail")[i % 3]
        data = {"account": f"a{i % 7}", "ip": f"192.0.2.{i % 5}"}
        events.append(record(kind, str(i), T0 + i * 500, **data))
        if kind == "login" and i % 9 == 0:
            labels.append(label(i, i * 0.5 + 20, ("abuse", "legit")[i % 2]))
    return events, labels


def test_the_same_input_gives_the_same_bytes() -> None:
    events, labels = mixed(240)
    assert run(events, labels)[0] == run(events, labels)[0]


def test_every_event_has_one_intact_verdict_with_its_decision_id(tmp_path: Path) -> None:
    events, labels = mixed(60)
    result, out = command(tmp_path, events, labels)
    assert result.exit_code == 0
    lines = out.read_bytes().splitlines()
    assert all(is_intact(line) for line in lines)
    ids = [decision_id(e["type"], e["source"], e["id"]) for e in map(msgspec.json.decode, events)]
    assert [msgspec.json.decode(line)["id"] for line in lines] == ids


def test_a_label_is_applied_before_the_first_event_that_is_later_than_it() -> None:
    events = [event(0, 0), event(1, 10), event(2, 10.001), event(3, 20)]
    verdicts, _ = run(events, [label(0, 10), label(1, 15)])
    assert learned(verdicts) == [0, 0, 1, 2]


def test_a_label_that_is_older_than_its_own_event_is_applied_just_after_it() -> None:
    events = [event(0, 0), event(1, 10), event(2, 10), event(3, 10)]
    verdicts, _ = run(events, [label(1, -50), label(2, 5)])
    assert learned(verdicts) == [0, 0, 1, 2]


def test_labels_are_applied_in_the_order_of_their_times_whatever_the_files_order() -> None:
    labels = [label(0, 9, "legit", "user"), label(0, 5, "abuse", "rule"), label(0, 7, "abuse", "user")]
    forward, engine = run([event(0), event(1, 20)], labels)
    backward, _ = run([event(0), event(1, 20)], reversed(labels))
    assert forward == backward
    # The user agrees with the rule, so that a later user does not contradict.
    assert (learned(forward), engine.report.learned) == ([0, 1], 1)


def test_what_a_label_teaches_is_seen_in_the_next_score() -> None:
    events = [event(0, 0, success=False), event(1, 1), event(2, 10, success=False), event(3, 20, success=False)]
    verdicts, _ = run(events, [label(0, 5), label(1, 6, "legit"), label(2, 15)])
    data = [verdict["data"] for verdict in verdicts]
    # Warming until both classes were seen; each label then moves the score of the same kind of event.
    assert [one["score"] is None for one in data] == [True, True, False, False]
    without, _ = run(events)
    assert [one["data"]["score"] for one in without] == [None] * 4
    assert data[3]["score"] > data[2]["score"]


def test_an_event_that_is_earlier_than_the_one_before_it_hastens_no_label() -> None:
    verdicts, _ = run([event(0, 100), event(1, 0), event(2, 1), event(3, 101)], [label(0, 100.5)])
    assert learned(verdicts) == [0, 0, 0, 1]


def test_a_line_that_is_no_event_changes_nothing_else() -> None:
    events = [event(0, 0), event(1, 10), event(2, 20), event(3, 30)]
    labels = [label(0, 15), label(1, 25)]
    clean, _ = run(events, labels)
    far = msgspec.json.decode(event(9, 10**8))
    hostile = [
        value for _, value, reason in garbage(5, 200, T0) if value and b"\n" not in value and reason != "future"
    ]
    hostile += [msgspec.json.encode({**far, "data": {}}), msgspec.json.encode({**far, "type": "purchase"})]
    noisy, engine = run([event(0, 0), *hostile, *events[1:]], labels)
    assert [verdict for verdict in noisy if verdict is not None] == clean
    assert len(engine.report.refused) == len([line for line in hostile if line.strip()])


def test_a_repeated_event_is_counted_and_not_decided_again() -> None:
    verdicts, engine = run([event(0), event(1), event(0), event(0, account="other")])
    assert [verdict is None for verdict in verdicts] == [False, False, True, True]
    assert (engine.report.verdicts, engine.report.duplicates) == (2, 2)
    again, _ = run([event(0), event(1, 1, account="a0"), event(0), event(2, 2, account="a0")])
    assert again[3]["data"]["features"]["account.logins_1h"] == 3


def test_the_same_id_of_another_source_or_kind_is_another_event() -> None:
    lines = [event(0), record("login", "0", source="other"), record("signup", "0")]
    assert run(lines)[1].report.verdicts == 3


def test_odd_but_valid_events_are_decided() -> None:
    lines = [value for _, value in odd_but_valid(T0)]
    verdicts, engine = run(lines)
    assert None not in verdicts
    assert engine.report.refused == []


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"])
def test_times_at_the_ends_of_the_calendar_are_decided_and_may_be_blocked(time: str) -> None:
    lines = [
        msgspec.json.encode(
            {
                **msgspec.json.decode(event(i, account="one", success=False, ip="192.0.2.1")),
                "id": str(i),
                "time": time,
            }
        )
        for i in range(12)
    ]
    verdicts, _ = run(lines)
    assert verdicts[-1]["data"]["action"] == "throttle"
    assert verdicts[-1]["data"]["expires_at"] >= verdicts[-1]["time"]


def test_a_label_of_an_unknown_event_or_kind_teaches_nothing() -> None:
    stray = label(77, 1)
    foreign = msgspec.json.decode(stray)
    foreign["data"]["kind"] = "purchase"
    verdicts, engine = run([event(0), event(1, 9)], [stray, msgspec.json.encode(foreign)])
    assert (learned(verdicts), engine.report.learned) == ([0, 0], 0)


def test_a_rulebook_in_a_further_folder_overrides_the_policy_and_adds_its_rules(tmp_path: Path) -> None:
    (tmp_path / "login").mkdir()
    (tmp_path / "login" / "policy.toml").write_text("[expires_s]\nreview = 5\n")
    (tmp_path / "login" / "mine.toml").write_text(
        '[[rule]]\nid = "mine"\nkind = "login"\nwhen = "account == \'a1\'"\naction = "review"\n'
        'reason = "it is {account}"\nowner = "me"\ncases = []\n'
    )
    verdicts, _ = run([event(0), event(1)], rulebook_folders=(tmp_path,))
    first, second = (verdict["data"] for verdict in verdicts)
    assert (first["action"], second["action"]) == ("allow", "review")
    assert [reason["text"] for reason in second["reasons"]] == ["it is a1"]
    assert second["expires_at"] == "2026-11-21T05:00:05.000Z"
    assert first["bundle"] == second["bundle"] != run([event(0)])[0][0]["data"]["bundle"]


def command(tmp_path: Path, events: Iterable[bytes], labels: Iterable[bytes] = (), **env: str) -> tuple[Result, Path]:
    (tmp_path / "events.ndjson").write_bytes(b"\n".join(events))
    (tmp_path / "labels.ndjson").write_bytes(b"\n".join(labels))
    out = tmp_path / "verdicts.ndjson"
    words = [
        "--events",
        str(tmp_path / "events.ndjson"),
        "--labels",
        str(tmp_path / "labels.ndjson"),
        "--out",
        str(out),
    ]
    return CliRunner().invoke(replay, words, env=env), out


def test_the_command_reports_refused_lines_by_number_and_ends_with_1(tmp_path: Path) -> None:
    lines = [event(0), b"", b"not json", b"   ", event(1, account=7), event(2), event(0)]
    result, out = command(tmp_path, lines, [b"{}", label(0, 1)])
    assert result.exit_code == 1
    assert len(out.read_bytes().splitlines()) == 2
    told = result.stderr.replace(str(tmp_path), "")
    assert re.search(r"json.* /events\.ndjson:3: ", told)
    assert re.search(r"field.* /events\.ndjson:5: Expected `str`, got `int` - at `\$\.data\.account`", told)
    assert re.search(r"envelope.* /labels\.ndjson:1: ", told)
    assert "2 verdicts, 1 repeated events, 0 labels learned" in told


def test_the_command_ends_with_0_if_nothing_was_refused(tmp_path: Path) -> None:
    result, out = command(tmp_path, [event(0), event(1, 10)], [label(0, 5)], WEIR_MIN_LABELS="1")
    assert (result.exit_code, result.stdout) == (0, "")
    absent, told = result.stderr.splitlines()
    assert re.match(r"weir replay: reference data is absent \(asn, tor\), get it with: weir reference fetch", absent)
    assert told == "2 verdicts, 1 labels learned"
    assert out.read_bytes().count(b"\n") == 2


def test_an_empty_file_gives_an_empty_file(tmp_path: Path) -> None:
    result, out = command(tmp_path, [])
    assert (result.exit_code, out.read_bytes()) == (0, b"")


def test_gzipped_files_and_the_standard_streams_give_the_same_verdicts(tmp_path: Path) -> None:
    events, labels = mixed(30)
    _, plain = command(tmp_path, events, labels)
    names = {name: str(tmp_path / name) for name in ("e.gz", "l.gz", "v.gz")}
    (tmp_path / "e.gz").write_bytes(gzip.compress(b"\n".join(events)))
    (tmp_path / "l.gz").write_bytes(gzip.compress(b"\n".join(labels)))
    words = ["--events", names["e.gz"], "--labels", names["l.gz"], "--out"]
    packed = CliRunner().invoke(replay, [*words, names["v.gz"]])
    assert packed.exit_code == 0
    assert gzip.decompress((tmp_path / "v.gz").read_bytes()) == plain.read_bytes()
    words = ["--events", "-", "--labels", names["l.gz"], "--out", "-"]
    streamed = CliRunner().invoke(replay, words, input=b"\n".join(events))
    assert streamed.exit_code == 0
    assert streamed.stdout_bytes == plain.read_bytes()


def complaint(events: Path, out: Path) -> str:
    """What the command says when it cannot go on: a message, never a trace."""
    result = CliRunner().invoke(replay, ["--events", str(events), "--out", str(out)])
    assert result.exit_code != 0
    if isinstance(result.exception, WeirError):
        return str(result.exception)
    assert isinstance(result.exception, SystemExit)
    return result.stderr


@pytest.mark.parametrize("packed", [b"\x1f\x8b", gzip.compress(b"x" * 5000)[:-9], b"\x1f\x8b\x08garbage"], ids="abc")
def test_a_broken_gzip_file_is_told_in_one_line(tmp_path: Path, packed: bytes) -> None:
    (tmp_path / "e.gz").write_bytes(packed)
    assert str(tmp_path / "e.gz") in complaint(tmp_path / "e.gz", tmp_path / "v")
    assert not (tmp_path / "v").exists()


@pytest.mark.parametrize(("events", "out"), [("nowhere", "v"), (".", "v"), ("e", "no/such/v")])
def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path, events: str, out: str) -> None:
    (tmp_path / "e").write_bytes(b"")
    assert str(tmp_path) in complaint(tmp_path / events, tmp_path / out)


def test_a_run_that_fails_leaves_the_verdicts_of_the_last_one(tmp_path: Path) -> None:
    (tmp_path / "e.gz").write_bytes(gzip.compress(event(0) + b"\n")[:-6])
    (tmp_path / "v").write_bytes(b"of the last one")
    complaint(tmp_path / "e.gz", tmp_path / "v")
    assert (tmp_path / "v").read_bytes() == b"of the last one"


def test_a_rulebook_that_is_wrong_refuses_to_start(tmp_path: Path) -> None:
    (tmp_path / "login").mkdir()
    (tmp_path / "login" / "bad.toml").write_text("[[rule]]\n")
    result, _ = command(tmp_path, [event(0)], WEIR_RULEBOOK_FOLDERS=str(tmp_path))
    assert isinstance(result.exception, WeirError)
    assert "bad.toml:1:1: " in str(result.exception)
