"""Which JDK is taken: the newest that fits, wherever it lies."""

from pathlib import Path

import pytest

from infra.local import java
from infra.local.errors import ServicesError
from infra.local.settings import LocalSettings


def make_jdk(shelf: Path, name: str, says: str, *, release: bool = True) -> Path:
    home = shelf / name
    (home / "bin").mkdir(parents=True)
    program = home / "bin" / "java"
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{says}\"' >&2\n")
    program.chmod(0o755)
    if release:
        (home / "release").write_text(f'IMPLEMENTOR="Somebody"\nJAVA_VERSION="{says}"\n')
    return home


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place of this machine where a JDK may lie; none on PATH, none in JAVA_HOME."""
    monkeypatch.setattr(java, "SHELVES", (str(tmp_path / "shelf"),))
    monkeypatch.setattr(java, "USER_SHELVES", ())
    monkeypatch.setenv("PATH", "/bin-that-is-not-there")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    (tmp_path / "shelf").mkdir()
    return tmp_path / "shelf"


def test_the_newest_jdk_wins_over_the_one_on_path(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path = make_jdk(tmp_path, "old", "17.0.15")
    monkeypatch.setenv("PATH", str(on_path / "bin"))
    make_jdk(shelf, "jdk-21", "21.0.2")
    newest = make_jdk(shelf, "jdk-25", "25.0.3")
    assert java.home(LocalSettings()) == newest


def test_java_home_counts_though_no_shelf_has_it(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = make_jdk(tmp_path, "mine", "23")
    monkeypatch.setenv("JAVA_HOME", str(mine))
    assert java.home(LocalSettings()) == mine


def test_a_jdk_on_path_is_found_through_its_links(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = make_jdk(tmp_path, "real", "22.0.1")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").symlink_to(real / "bin" / "java")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert java.home(LocalSettings()) == real


def test_without_a_fitting_jdk_the_message_names_what_was_found_and_what_is_needed(shelf: Path) -> None:
    make_jdk(shelf, "jdk-17", "17.0.15")
    with pytest.raises(ServicesError, match=r"JDK 21 or newer \(found: 17 in .*jdk-17\).*WEIR_LOCAL_JAVA_HOME"):
        java.home(LocalSettings())


def test_a_named_jdk_that_is_too_old_is_refused_rather_than_replaced(shelf: Path) -> None:
    make_jdk(shelf, "jdk-25", "25.0.3")
    old = make_jdk(shelf, "jdk-17", "17.0.15")
    with pytest.raises(ServicesError, match=r"WEIR_LOCAL_JAVA_HOME=.*that is Java 17"):
        java.home(LocalSettings(java_home=old))


@pytest.mark.parametrize(("says", "number"), [("1.8.0_392", 8), ("25", 25), ("26-ea", 26), ("21.0.2", 21)])
def test_the_version_is_read_from_the_program_where_there_is_no_release_file(
    tmp_path: Path, says: str, number: int
) -> None:
    assert java.major(make_jdk(tmp_path, "jdk", says, release=False)) == number


def test_a_folder_whose_java_does_not_run_is_no_jdk(tmp_path: Path) -> None:
    home = make_jdk(tmp_path, "jdk", "25", release=False)
    (home / "bin" / "java").write_text("not a program")
    assert java.major(home) is None
