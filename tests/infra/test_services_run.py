"""`weir services` on the real thing: up, up again, a crash, a half-failed start, down."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from click.testing import CliRunner, Result
from confluent_kafka.admin import AdminClient, NewTopic
from elasticsearch import Elasticsearch

from infra.local import proc
from infra.local.settings import LocalSettings, setting
from infra.local.stack import Stack
from streams.cli.services import services as command

pytestmark = pytest.mark.services

FIELDS = (
    "kafka_port",
    "kafka_controller_port",
    "redis_port",
    "elasticsearch_port",
    "elasticsearch_transport_port",
    "kafka_heap",
    "elasticsearch_heap",
)


@pytest.fixture
def settings(private_settings: LocalSettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalSettings]:
    """A stack of this test's own, known to the command through the environment; gone at the end."""
    monkeypatch.setenv(setting("data"), str(private_settings.data))
    for name in FIELDS:
        monkeypatch.setenv(setting(name), str(getattr(private_settings, name)))
    yield private_settings
    Stack(private_settings).down(purge=True)


def weir_services(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments, catch_exceptions=False)


def pids(settings: LocalSettings) -> list[int | None]:
    return [status.pid for status in Stack(settings).status()]


def test_up_twice_status_env_logs_and_down(settings: LocalSettings) -> None:
    assert weir_services("status").exit_code == 1
    first = weir_services("up")
    assert first.exit_code == 0, first.output
    started = pids(settings)
    kafka = AdminClient({"bootstrap.servers": f"127.0.0.1:{settings.kafka_port}", "log_level": 0})
    kafka.create_topics([NewTopic("kept", 3, 1)])["kept"].result(10)
    kafka.list_topics("never-made", timeout=10)
    assert "never-made" not in kafka.list_topics(timeout=10).topics, "asking for a topic made it"

    assert weir_services("up").exit_code == 0
    assert pids(settings) == started, "a second `up` started something"

    status = weir_services("status")
    assert status.exit_code == 0
    assert [line.split()[:3] for line in status.output.splitlines()] == [
        [name, "running", str(pid)] for name, pid in zip(("kafka", "redis", "elasticsearch"), started, strict=True)
    ]
    assert weir_services("env").output.splitlines() == [
        f"export WEIR_KAFKA=127.0.0.1:{settings.kafka_port}",
        f"export WEIR_REDIS=redis://127.0.0.1:{settings.redis_port}/0",
        f"export WEIR_ELASTICSEARCH=http://127.0.0.1:{settings.elasticsearch_port}",
    ]
    logs = weir_services("logs", "kafka", "-n", "3").output.splitlines()
    assert len(logs) == 4
    assert Path(logs[0].removeprefix("==> ")).is_file()

    assert_durable_redis(settings)
    assert_elasticsearch_indexes(settings)

    assert weir_services("down").output == "ended: kafka, redis, elasticsearch\n"
    assert [proc.read(pid) for pid in started if pid] == [None, None, None]
    assert weir_services("down").output == "nothing was running\n"
    assert weir_services("env").exit_code == 2

    assert weir_services("up").exit_code == 0
    assert "kept" in kafka.list_topics(timeout=10).topics, "the data did not survive"
    assert weir_services("down", "--purge").exit_code == 0
    assert not settings.data.exists()


def assert_durable_redis(settings: LocalSettings) -> None:
    with redis.Redis(port=settings.redis_port, decode_responses=True) as client:
        wanted = {"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction"}
        assert {name: client.config_get(name)[name] for name in wanted} == wanted


def assert_elasticsearch_indexes(settings: LocalSettings) -> None:
    with Elasticsearch(f"http://127.0.0.1:{settings.elasticsearch_port}") as client:
        client.index(index="probe", id="1", document={"a": 1}, refresh=True)
        assert client.count(index="probe")["count"] == 1


def test_redis_keeps_its_data_over_a_kill_and_comes_back(settings: LocalSettings) -> None:
    stack = Stack(settings)
    address = stack.up("redis")["WEIR_REDIS"]
    with redis.Redis.from_url(address) as client:
        client.set("a", 1)
    stack.kill("redis")
    assert [status.state for status in stack.status("redis")] == ["stopped"]
    stack.up("redis")
    with redis.Redis.from_url(address) as client:
        assert client.get("a") == b"1"


def test_a_half_failed_up_ends_what_it_started(settings: LocalSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(setting("kafka_heap"), "2m")
    failed = weir_services("up")
    assert failed.exit_code == 2
    assert "Traceback" not in failed.output
    assert "kafka ended while starting" in failed.output
    assert "output.log" in failed.output
    assert pids(settings) == [None, None, None]


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_up_ends_what_it_started(settings: LocalSettings, told: signal.Signals) -> None:
    program = "from streams.cli.services import services; services()"
    up = subprocess.Popen([sys.executable, "-c", program, "up"], stdout=subprocess.PIPE, text=True)
    assert up.stdout is not None
    with up.stdout:
        assert "redis" in up.stdout.readline(), "Redis is the first to be ready, while the others start"
        up.send_signal(told)
        assert up.wait(60) == 1
    assert pids(settings) == [None, None, None]


def test_a_taken_port_is_one_clear_line_and_exit_code_2(settings: LocalSettings) -> None:
    with socket.create_server(("127.0.0.1", settings.elasticsearch_port)):
        failed = weir_services("up")
    assert failed.exit_code == 2
    assert failed.output.count("\n") == 1
    assert f"port {settings.elasticsearch_port}" in failed.output
    assert "WEIR_LOCAL_ELASTICSEARCH_PORT" in failed.output
    assert pids(settings) == [None, None, None]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to give Elasticsearch another user")
def test_elasticsearch_runs_below_a_folder_that_its_user_cannot_enter(settings: LocalSettings) -> None:
    settings.data.parent.chmod(0o700)
    stack = Stack(settings)
    stack.up("elasticsearch")
    (status,) = stack.status("elasticsearch")
    assert status.pid is not None
    assert os.stat(f"/proc/{status.pid}").st_uid != 0
    stack.down("elasticsearch", purge=True)
    assert not status.log.parent.parent.exists()
