"""Settings: the environment wins over the file, and whatever is wrong refuses to start and names itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from streams.settings import Settings, SettingsError, load_settings


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of whoever runs the tests, and no file of the folder in which they run."""
    for name in [name for name in os.environ if name.startswith("WEIR_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def refused() -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings()
    return str(caught.value)


def test_without_any_setting_the_defaults_hold() -> None:
    settings = load_settings()
    assert settings == Settings()
    assert settings.topic("login") == "login"
    assert settings.kinds_folders == ()


def test_a_file_in_the_folder_is_read_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "weir.toml").write_text('kafka = "file:1"\nbatch_size = 7\nkinds_folders = ["a", "b"]\n')
    monkeypatch.setenv("WEIR_KAFKA", "environment:1")
    settings = load_settings()
    assert (settings.kafka, settings.batch_size) == ("environment:1", 7)
    assert settings.kinds_folders == (Path("a"), Path("b"))


def test_a_named_file_is_read_instead_of_the_one_in_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "weir.toml").write_text("batch_size = 7\n")
    (tmp_path / "other.toml").write_text("store_shards = 9\n")
    monkeypatch.setenv("WEIR_SETTINGS", str(tmp_path / "other.toml"))
    settings = load_settings()
    assert (settings.batch_size, settings.store_shards) == (Settings().batch_size, 9)


def test_what_is_given_in_code_wins_over_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_BATCH_SIZE", "7")
    assert load_settings(batch_size=8).batch_size == 8


def test_folders_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_RULEBOOK_FOLDERS", "one,two,")
    assert load_settings().rulebook_folders == (Path("one"), Path("two"))


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("WEIR_BATCH_SIZE", "many", "valid integer"),
        ("WEIR_BATCH_SIZE", "0", "greater than or equal to 1"),
        ("WEIR_BATCH_SIZE", "", "valid integer"),
        ("WEIR_MAX_RECORD_BYTES", "900001", "less than or equal to 900000"),
        ("WEIR_CHECKPOINT_S", "0", "greater than 0"),
        ("WEIR_NAMESPACE", "Weir!", "match pattern"),
        ("WEIR_TOPIC_PREFIX", "a b", "match pattern"),
        ("WEIR_LOG_FORMAT", "xml", "'auto', 'json' or 'console'"),
        ("WEIR_WORKER_PORT", "65536", "less than or equal to 65535"),
    ],
)
def test_a_wrong_value_names_its_variable(monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str) -> None:
    monkeypatch.setenv(name, value)
    message = refused()
    assert message.startswith(f"{name}: ")
    assert says in message


def test_every_wrong_value_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_BATCH_SIZE", "0")
    monkeypatch.setenv("WEIR_STORE_SHARDS", "0")
    assert [line.partition(":")[0] for line in refused().splitlines()] == ["WEIR_BATCH_SIZE", "WEIR_STORE_SHARDS"]


def test_a_wrong_value_in_the_file_names_its_setting(tmp_path: Path) -> None:
    (tmp_path / "weir.toml").write_text("batch_size = 'many'\n")
    assert refused().startswith("weir.toml: setting 'batch_size': ")


def test_a_variable_that_is_no_setting_is_refused_with_what_was_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_BATCHSIZE", "7")
    assert refused() == "WEIR_BATCHSIZE: there is no such setting: did you mean WEIR_BATCH_SIZE?"
    monkeypatch.delenv("WEIR_BATCHSIZE")
    monkeypatch.setenv("WEIR_QQQQQQQQQQ", "7")
    assert refused() == "WEIR_QQQQQQQQQQ: there is no such setting: remove it"


def test_the_variables_of_the_local_services_are_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_LOCAL_DATA", "/somewhere")
    monkeypatch.setenv("WEIRD", "1")
    assert load_settings() == Settings()


def test_a_key_in_the_file_that_is_no_setting_is_refused_with_what_was_meant(tmp_path: Path) -> None:
    (tmp_path / "weir.toml").write_text("batchsize = 7\n")
    message = refused()
    assert "setting 'batchsize' (did you mean 'batch_size'?)" in message


@pytest.mark.parametrize("text", [b"batch_size = \n", b"[[", b"\xff\xfe", b"batch_size = 7\nbatch_size = 8\n"])
def test_a_file_that_is_no_toml_is_refused(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "weir.toml").write_bytes(text)
    assert refused().startswith("weir.toml cannot be read")


@pytest.mark.parametrize("name", ["nowhere.toml", ".", ""])
def test_a_named_file_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("WEIR_SETTINGS", name)
    assert refused() == f"WEIR_SETTINGS names {name}, which is no file"


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        load_settings().batch_size = 8


def test_every_setting_says_what_it_is() -> None:
    bare = [name for name, field in Settings.model_fields.items() if not field.description]
    assert bare == []


def test_a_command_with_a_wrong_setting_ends_with_2_and_one_message(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "streams", "replay", "--events", "-", "--out", "-"],
        env={**os.environ, "WEIR_BATCH_SIZE": "0"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        input="",
    )
    assert done.returncode == 2
    assert done.stderr == "weir: WEIR_BATCH_SIZE: Input should be greater than or equal to 1\n"
    assert done.stdout == ""
