"""What Maven brings is used only if it is exactly what was pinned, and only if it came whole."""

import hashlib
import os
from pathlib import Path

import pytest

from infra.local import artefacts
from infra.local.draft import draft_of
from infra.local.errors import ServicesError
from infra.local.settings import LocalSettings


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    (tmp_path / "a.jar").write_bytes(b"a")
    (tmp_path / "b.jar").write_bytes(b"b")
    return tmp_path


CHECKSUMS = "".join(f"{hashlib.sha256(name.encode()).hexdigest()}  {name}.jar\n" for name in "ab")


def test_files_that_are_what_was_pinned_pass(downloads: Path) -> None:
    artefacts.verify(downloads, CHECKSUMS)


def test_a_changed_file_is_refused_and_named(downloads: Path) -> None:
    (downloads / "b.jar").write_bytes(b"evil")
    with pytest.raises(ServicesError, match=r"b\.jar has the checksum .* it was not used"):
        artefacts.verify(downloads, CHECKSUMS)


def test_a_missing_file_is_refused(downloads: Path) -> None:
    (downloads / "a.jar").unlink()
    with pytest.raises(ServicesError, match=r"did not bring a\.jar"):
        artefacts.verify(downloads, CHECKSUMS)


def test_a_file_that_nobody_pinned_is_refused(downloads: Path) -> None:
    (downloads / "c.jar").write_bytes(b"c")
    with pytest.raises(ServicesError, match=r"c\.jar, which is not in the list"):
        artefacts.verify(downloads, CHECKSUMS)


def interrupted_download(target: Path) -> None:
    with draft_of(target) as draft:
        assert draft is not None
        (draft / "half").touch()
        raise KeyboardInterrupt


def test_an_interrupted_download_never_counts(tmp_path: Path) -> None:
    target = tmp_path / "programs"
    with pytest.raises(KeyboardInterrupt):
        interrupted_download(target)
    assert not target.exists()
    with draft_of(target) as draft:
        assert draft is not None
        assert list(draft.iterdir()) == []
        (draft / "whole").touch()
    assert [path.name for path in target.iterdir()] == ["whole"]
    with draft_of(target) as again:
        assert again is None


def test_a_tampered_download_leaves_nothing_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    maven = tmp_path / "bin" / "mvn"
    maven.parent.mkdir()
    maven.write_text(
        '#!/bin/sh\nfor a; do case $a in -DoutputDirectory=*) d=${a#*=};; esac; done\nmkdir "$d"; : > "$d/x.jar"'
    )
    maven.chmod(0o755)
    monkeypatch.setenv("PATH", f"{maven.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(artefacts.reach, "programs_folder", lambda cache: cache)
    settings = LocalSettings(cache=tmp_path / "cache")
    with pytest.raises(ServicesError, match="Maven did not bring"):
        artefacts.fetch(settings)
    assert [path.name for path in settings.cache.iterdir()] == [".lock"]


def test_without_maven_the_message_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(artefacts.reach, "programs_folder", lambda cache: cache)
    with pytest.raises(ServicesError, match="apt-get install maven"):
        artefacts.fetch(LocalSettings(cache=tmp_path / "cache"))


def test_what_maven_complains_of_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    maven = tmp_path / "mvn"
    maven.write_text("#!/bin/sh\necho '[ERROR] no route to the repository'; exit 1")
    maven.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(artefacts.reach, "programs_folder", lambda cache: cache)
    with pytest.raises(ServicesError, match="no route to the repository"):
        artefacts.fetch(LocalSettings(cache=tmp_path / "cache"))
