"""As root, what Elasticsearch's user needs is put where that user can come."""

import stat
from pathlib import Path

import pytest

from infra.local import reach


@pytest.fixture
def private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that only its owner can enter, on a machine where root runs us."""
    monkeypatch.setattr(reach, "is_root", lambda: True)
    monkeypatch.setattr(reach, "STATE", tmp_path / "state")
    folder = tmp_path / "private"
    folder.mkdir(mode=0o700)
    return folder


def test_a_closed_parent_makes_a_folder_unreachable_even_before_it_exists(private: Path) -> None:
    assert not reach.reachable(private / "not" / "yet")


def test_data_below_a_closed_folder_goes_elsewhere_and_stays_there_when_it_opens(private: Path) -> None:
    first = reach.service_folder(private / "elasticsearch")
    assert first.is_relative_to(reach.STATE)
    assert first == reach.service_folder(private / "elasticsearch")
    assert first != reach.service_folder(private / "another")
    first.mkdir(parents=True)
    private.chmod(0o755)
    assert reach.service_folder(private / "elasticsearch") == first


def test_a_program_below_a_closed_folder_is_copied_once(private: Path) -> None:
    jdk = private / "jdk"
    (jdk / "bin").mkdir(parents=True)
    (jdk / "bin" / "java").write_text("java")
    (jdk / "bin" / "java").chmod(0o755)
    copy = reach.program_copy(jdk)
    assert (copy / "bin" / "java").stat().st_mode & stat.S_IXOTH
    (copy / "mark").touch()
    assert reach.program_copy(jdk) == copy
    assert (copy / "mark").exists()


def test_an_ordinary_user_keeps_everything_where_it_was_asked_for(
    private: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach, "is_root", lambda: False)
    assert reach.service_folder(private / "data") == private / "data"
    assert reach.programs_folder(private / "cache") == private / "cache"
    assert reach.program_copy(private / "jdk") == private / "jdk"
