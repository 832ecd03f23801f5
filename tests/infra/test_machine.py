"""What is said where a machine has no room for the services."""

import errno
import shutil
import socket
from collections import namedtuple
from pathlib import Path

import pytest

from infra.local import folders, machine
from infra.local.errors import ServicesError, said_plainly
from infra.local.redis import Redis
from infra.local.settings import LocalSettings, load
from infra.local.stack import Stack

Usage = namedtuple("Usage", "total used free")


def test_a_taken_port_is_named_with_the_setting_that_changes_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = LocalSettings(data=tmp_path, redis_port=port)
        with pytest.raises(ServicesError, match=rf"redis cannot have port {port} .*WEIR_LOCAL_REDIS_PORT"):
            machine.check_ports([Redis(settings)])


def test_a_taken_port_stops_up_before_anything_is_started(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        stack = Stack(LocalSettings(data=tmp_path, redis_port=taken.getsockname()[1]))
        with pytest.raises(ServicesError, match="cannot have port"):
            stack.up("redis")
    assert not (tmp_path / "redis").exists()


def test_a_full_disk_is_said_with_the_setting_that_helps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(0, 0, 300 * 2**20))
    with pytest.raises(ServicesError, match=r"only 300 MiB are free .* 1024 are needed.*WEIR_LOCAL_DATA"):
        machine.check_space(LocalSettings(data=tmp_path / "not" / "yet" / "there"))


def test_a_folder_with_something_else_in_it_is_neither_used_nor_deleted(tmp_path: Path) -> None:
    thesis = tmp_path / "redis" / "thesis.txt"
    thesis.parent.mkdir()
    thesis.write_text("years of work")
    with pytest.raises(ServicesError, match="holds something else"):
        folders.claim(thesis.parent)
    folders.purge(thesis.parent)
    assert thesis.read_text() == "years of work"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("WEIR_LOCAL_KAFKA_PORT", "many"),
        ("WEIR_LOCAL_REDIS_PORT", "70000"),
        ("WEIR_LOCAL_ELASTICSEARCH_HEAP", "512"),
        ("WEIR_LOCAL_REDIS_PROT", "6379"),
        ("WEIR_LOCAL_REDIS_PORT", "19092"),
    ],
)
def test_a_wrong_setting_is_named(variable: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ServicesError, match=variable):
        load()


def test_a_disk_that_fills_up_meanwhile_is_said_without_a_stack_trace() -> None:
    full = OSError(errno.ENOSPC, "No space left on device", "/data/kafka")
    with (
        pytest.raises(ServicesError, match=r"^/data/kafka: No space left on device; free some space$"),
        said_plainly(),
    ):
        raise full
