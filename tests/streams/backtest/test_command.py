"""``weir backtest``: what it takes, what it says, and how it ends."""

from __future__ import annotations

import gzip
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from models.bundle import RULEBOOK
from streams.cli.backtest import backtest
from streams.cli.main import weir
from streams.simulator.run import simulate

RULE = """
[[rule]]
id = "mine"
kind = "login"
when = "not success"
action = "challenge"
reason = "the login failed"
owner = "me"
cases = [{ fires = true, values = { success = false } }, { fires = false, values = { success = true } }]
"""
POLICY = """
[[escalation]]
action = "challenge"
count = 2
window = "1d"
becomes = "block"
[[budgets]]
window = "1d"
most = 40
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Events and labels, the verdicts of what ships, and a folder of rules."""
    folder = tmp_path_factory.mktemp("command")
    made = list(simulate(500, 3, attacks=0.4))
    (folder / "events").write_bytes(b"\n".join(one.record for one in made if one.kind != "label"))
    (folder / "labels").write_bytes(b"\n".join(one.record for one in made if one.kind == "label"))
    (folder / "rules" / "login").mkdir(parents=True)
    (folder / "rules" / "login" / "mine.toml").write_text(RULE)
    (folder / "rules" / "login" / "policy.toml").write_text(POLICY)
    words = ["--events", str(folder / "events"), "--labels", str(folder / "labels")]
    assert run("replay", *words, "--out", str(folder / "verdicts")).exit_code == 0
    return folder


def run(command: str, *words: str, **env: str) -> Result:
    """With models that count soon."""
    return CliRunner().invoke(weir, [command, *words], env={"WEIR_MIN_LABELS": "2", **env})


def actions(path: Path) -> dict[str, str]:
    lines = [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]
    return {line["id"]: line["data"]["action"] for line in lines}


def decisions(path: Path, side: str = "candidate") -> dict[str, str]:
    lines = [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]
    return {line["id"]: line[side] for line in lines}


@pytest.mark.parametrize("given", ["events", "verdicts"])
def test_events_and_verdicts_alike_give_what_a_replay_with_the_rules_decides(
    folder: Path, tmp_path: Path, given: str
) -> None:
    labels = ["--labels", str(folder / "labels")]
    events = ["--events", str(folder / "events")]
    replayed = tmp_path / "replayed"
    rules = str(folder / "rules")
    assert run("replay", *events, *labels, "--out", str(replayed), WEIR_RULEBOOK_FOLDERS=rules).exit_code == 0
    made, report = tmp_path / "decisions", tmp_path / "report"
    words = ["--events", str(folder / given), *labels, "--rules", rules]
    result = run("backtest", *words, "--decisions", str(made), "--json", str(report))
    assert result.exit_code == 0, result.output
    assert decisions(made) == actions(replayed)
    assert list(decisions(made)) == list(actions(replayed))
    assert decisions(made, "baseline") == actions(folder / "verdicts")
    told = msgspec.json.decode(report.read_bytes())
    assert told["features"] == {"events": "recomputed", "verdicts": "recorded"}[given]
    assert told["events"] == 500
    by_kind = {kind["kind"]: kind for kind in told["kinds"]}
    assert sorted(by_kind) == ["login", "mail", "signup"]
    login = by_kind["login"]
    assert login["candidate"]["name"] == "rules"
    assert login["candidate"]["trips"]
    assert len(login["changes"]) >= 3
    assert login["labels"]["abuse"] > 0
    assert login["reproduced"] == login["judged_by_baseline"] == login["events"]
    assert str(folder) not in report.read_text()


def test_a_folder_of_packed_files_is_read_like_one_file(folder: Path, tmp_path: Path) -> None:
    lines = (folder / "verdicts").read_bytes().splitlines(keepends=True)
    archive = tmp_path / "archive"
    (archive / "2026-01-06").mkdir(parents=True)
    (archive / "2026-01-05.ndjson.gz").write_bytes(gzip.compress(b"".join(lines[:200])))
    (archive / "2026-01-06" / "a.ndjson").write_bytes(b"".join(lines[200:]))
    whole, parts = (tmp_path / name for name in ("whole", "parts"))
    for events, out in ((folder / "verdicts", whole), (archive, parts)):
        words = ["--events", str(events), "--rules", str(folder / "rules"), "--decisions", str(out)]
        assert run("backtest", *words).exit_code == 0
    assert parts.read_bytes() == whole.read_bytes()


def test_page_and_table_say_the_same_as_the_file(folder: Path, tmp_path: Path) -> None:
    page, report = tmp_path / "report.html", tmp_path / "report.json"
    words = ["--events", str(folder / "verdicts"), "--labels", str(folder / "labels"), "--kind", "login"]
    result = run("backtest", *words, "--rules", str(folder / "rules"), "--out", str(page), "--json", str(report))
    assert result.exit_code == 0
    (kind,) = msgspec.json.decode(report.read_bytes())["kinds"]
    (mine,) = [rule for rule in kind["rules"] if rule["id"] == "mine"]
    hit = f"{kind['newly_hit']['targets']} by account"
    for shown in (page.read_text(), result.stdout):
        assert f"new: {mine['fires']}" in shown
        assert "mine" in shown
        assert kind["candidate"]["bundle"] in shown
        assert str(folder) not in shown
    assert f"newly hit: {hit}" in result.stdout
    assert "verdicts of other kinds" in result.stdout


def test_alone_a_folder_is_all_there_is(folder: Path, tmp_path: Path) -> None:
    report = tmp_path / "report"
    words = ["--events", str(folder / "verdicts"), "--rules", str(folder / "rules"), "--alone", "--json", str(report)]
    assert run("backtest", *words).exit_code == 0
    (kind,) = msgspec.json.decode(report.read_bytes())["kinds"]
    assert Counter(rule["change"] for rule in kind["rules"])["gone"] >= 15
    assert [rule["id"] for rule in kind["rules"] if rule["change"] != "gone"] == ["mine"]


def test_a_bundle_that_ships_is_found_by_its_hash(folder: Path, tmp_path: Path) -> None:
    report = tmp_path / "report"
    words = ["--events", str(folder / "verdicts"), "--json", str(report)]
    assert run("backtest", *words, "--rules", "shipped").exit_code == 0
    by_kind = {kind["kind"]: kind for kind in msgspec.json.decode(report.read_bytes())["kinds"]}
    mail = by_kind["mail"]["candidate"]["bundle"]
    assert run("backtest", *words, "--rules", mail, "--against", "shipped").exit_code == 0
    (kind,) = msgspec.json.decode(report.read_bytes())["kinds"]
    assert (kind["kind"], kind["candidate"]["bundle"], kind["changes"]) == ("mail", mail, [])


def test_lines_that_are_none_are_told_by_number_and_end_it_with_1(folder: Path, tmp_path: Path) -> None:
    lines = (folder / "verdicts").read_bytes().splitlines()
    foreign = lines[3].replace(b'"type":"verdict"', b'"type":"opinion"')
    (tmp_path / "mixed").write_bytes(b"\n".join([lines[0], b"", b"{", lines[1], foreign, lines[0]]))
    result = run("backtest", "--events", str(tmp_path / "mixed"), "--rules", "shipped")
    assert result.exit_code == 1
    assert "mixed:3: not a verdict" in result.stderr
    assert "mixed:5: not a verdict" in result.stderr
    assert "refused 2: verdict 2" in result.stderr
    assert "2 events" in result.stdout
    assert "1 repetitions" in result.stdout
    events = (folder / "events").read_bytes().splitlines()
    (tmp_path / "events").write_bytes(b"\n".join([events[0], b"nothing", events[1], events[0]]))
    result = run("backtest", "--events", str(tmp_path / "events"), "--rules", "shipped")
    assert result.exit_code == 1
    assert "events:2: " in result.stderr
    assert "1 repeated events" in result.stdout


def test_nothing_to_judge_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    result = run(
        "backtest", "--events", str(tmp_path / "empty"), "--rules", "shipped", "--out", str(tmp_path / "page")
    )
    assert result.exit_code == 0, result.output
    assert "0 events" in result.stdout
    assert (tmp_path / "page").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--rules", "shipped"], "either --events FILE or --from TIME"),
        (["--events", "-", "--from", "2026-01-01", "--rules", "shipped"], "either --events FILE or --from TIME"),
        (["--events", "-", "--to", "2026-01-01", "--rules", "shipped"], "--to goes with --from"),
        (["--events", "-", "--rules", "shipped", "--kind", "purchase"], "there is no kind 'purchase'"),
        (["--events", "-"], "--rules"),
    ],
)
def test_what_is_asked_wrongly_is_said(words: list[str], says: str) -> None:
    result = CliRunner().invoke(backtest, words, input="")
    assert result.exit_code == 2
    assert says in result.stderr


def test_a_folder_that_is_none_is_named_before_anything_waits(folder: Path, capsys: Any) -> None:
    result = run("backtest", "--events", str(folder / "verdicts"), "--rules", "no/such/folder")
    assert result.exit_code != 0
    assert "'no/such/folder' is no folder" in str(result.exception)


def test_a_folder_without_rules_and_a_copy_of_the_rulebook_are_explained(folder: Path, tmp_path: Path) -> None:
    words = ["--events", str(folder / "verdicts"), "--rules"]
    (tmp_path / "empty").mkdir()
    assert "holds no rules" in str(run("backtest", *words, str(tmp_path / "empty")).exception)
    shutil.copytree(RULEBOOK, tmp_path / "copy")
    assert "read with --alone" in str(run("backtest", *words, str(tmp_path / "copy")).exception)
    result = run("backtest", *words, str(tmp_path / "copy"), "--alone")
    assert (result.exit_code, " both " in result.stdout) == (0, True)
