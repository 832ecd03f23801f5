"""``weir verify`` as it is called: what is proven, what differs and where, and what makes no sense."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.deciding import bundle_of
from support.events import CATALOGUES, T0, record
from support.verdicts import replaced

from models.bundle import load_bundles
from models.policy import Policy
from models.verdict import decode, encode
from streams.cli.main import weir

ODD = bundle_of(Policy(), ("often", "account.logins_1h >= 10", "block"))


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of verdicts, as weir replay writes it."""
    monkeypatch.setenv("WEIR_KAFKA", "127.0.0.1:1")
    monkeypatch.setenv("WEIR_REGISTRY", str(tmp_path / "registry"))
    monkeypatch.setenv("WEIR_REFERENCE_FOLDER", str(tmp_path / "reference"))
    events = tmp_path / "events.ndjson"
    lines = [
        record(kind, f"{kind}-{number}", T0 + number * 1000, ip="192.0.2.9", account=f"a{number % 4}")
        for number in range(40)
        for kind in ("login", "signup", "mail")
    ]
    events.write_bytes(b"\n".join(lines))
    verdicts = tmp_path / "verdicts.ndjson"
    done = CliRunner().invoke(weir, ["replay", "--events", str(events), "--out", str(verdicts)])
    assert done.exit_code == 0, done.output
    return verdicts


def test_a_replayed_file_is_proven_and_one_altered_byte_in_it_ends_with_1(file: Path) -> None:
    done = CliRunner().invoke(weir, ["verify", str(file)])
    assert done.exit_code == 0, done.output
    assert "120 the same to the byte, 0 different" in done.stdout
    whole = file.read_bytes()
    chance = random.Random(1)
    for at in sorted(chance.sample(range(len(whole)), 6)):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        done = CliRunner().invoke(weir, ["verify", str(file)])
        assert done.exit_code == 1, at


def test_the_command_shows_what_differs_and_where(file: Path) -> None:
    lines = file.read_bytes().splitlines()
    lines[2] = encode(replaced(lines[2], action="block"))
    lines[3] = encode(replaced(lines[3], bundle="gone"))
    lines[6] = encode(replaced(lines[6], bundle="gone"))
    lines[7] = b'{"no":"verdict\x1b[2J"}'
    file.write_bytes(b"\n".join(lines) + b"\n\n")
    done = CliRunner().invoke(weir, ["verify", str(file)])
    assert done.exit_code == 1
    assert (
        f'{file}:3: verdict {decode(lines[2]).id}\n  data.action: recorded "block", recomputed "allow"' in done.stdout
    )
    assert f"{file}:4: " in done.stdout
    assert f"{file}:7:" not in done.stdout
    assert f"{file}:8:\n" in done.stdout
    assert "NOT VERIFIED 2: the rules of login that judged it are not found: bundle gone is" in done.stdout
    assert "published ones cannot be looked up: Kafka at 127.0.0.1:1 does not answer" in done.stderr
    assert "\x1b" not in done.stdout


def test_bundles_are_also_looked_for_in_a_folder_of_rules(file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine" / "login"
    folder.mkdir(parents=True)
    (folder / "odd.toml").write_text(next(iter(ODD.text.rules.values())))
    hashes = {
        kind: bundle.hash for kind, bundle in load_bundles(CATALOGUES, [folder.parent]).items() if kind == "login"
    }
    lines = [line for line in file.read_bytes().splitlines() if b'"kind":"login"' in line][:5]
    file.write_bytes(b"\n".join(encode(replaced(line, bundle=hashes["login"])) for line in lines))
    assert CliRunner().invoke(weir, ["verify", str(file)]).exit_code == 1
    done = CliRunner().invoke(weir, ["verify", str(file), "--rules", str(folder.parent)])
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "say what: a FILE of verdicts, or --sample N"),
        (["FILE", "--sample", "5"], "say what: a FILE of verdicts, or --sample N"),
        (["FILE", "--kind", "login"], "go with --sample"),
        (["--sample", "5", "--from", "yesterday"], "'yesterday' is no time such as"),
        (["--sample", "5", "--kind", "parcel"], "there is no kind 'parcel'"),
    ],
)
def test_what_makes_no_sense_is_said(file: Path, words: list[str], message: str) -> None:
    done = CliRunner().invoke(weir, ["verify", *(str(file) if word == "FILE" else word for word in words)])
    assert done.exit_code != 0
    assert message in done.output + str(done.exception)
