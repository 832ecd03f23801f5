"""The real services for tests that ask for them, started once a session; and proof that nothing is left running."""

import os
import random
import signal
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
from support.redis_cluster import Node, RedisCluster

from infra.local import proc
from infra.local.redis import Redis
from infra.local.service import Launch
from infra.local.settings import LocalSettings
from infra.local.stack import Stack

# Children inherit it, so whatever a test starts and forgets is found by it.
MARK = "OF_TEST_SESSION"
# So many sessions beside one another never try the same port.
_SESSIONS = 8


@dataclass(frozen=True)
class Services:
    """Addresses of the running services; `stack` stops, kills and restarts single ones."""

    kafka: str
    redis: str
    elasticsearch: str
    env: dict[str, str]
    stack: Stack


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=8, help="how often the learner is killed")


def pytest_configure() -> None:
    # A session that is told to end must still stop its services: as if interrupted at the keyboard.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # A shell ignores interrupts for what it runs in the background, and children would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # A checkout may hold fetched reference data: tests name what they need of it.
    os.environ["WEIR_REFERENCE_FOLDER"] = str(Path(__file__).parent / "no-reference-data")


def free_ports(count: int) -> list[int]:
    """Ports that nobody has at this moment, below those that the kernel gives to outgoing connections.

    A service that a test kills finds its port free when it is started again: sessions beside this one take others.
    """
    session = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _SESSIONS
    ports: list[int] = []
    while len(ports) < count:
        port = random.SystemRandom().randrange(20_000 + session, 32_000, _SESSIONS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            ports += [port] if port not in ports else []
    return ports


def local_settings(data: Path) -> LocalSettings:
    """Settings for a private stack: free ports, small heaps."""
    kafka, controller, redis_port, elasticsearch, transport = free_ports(5)
    return LocalSettings(
        data=data,
        kafka_port=kafka,
        kafka_controller_port=controller,
        kafka_heap="192m",
        redis_port=redis_port,
        elasticsearch_port=elasticsearch,
        elasticsearch_transport_port=transport,
        elasticsearch_heap="256m",
        # The rest of the suite may keep a small machine busy meanwhile.
        start_timeout_s=300,
    )


def survivors(*needles: str) -> list[str]:
    """Command lines of other processes that carry one of the needles in them or in their environment."""
    found = []
    for process in proc.everyone():
        if process.pid == os.getpid():
            continue
        try:
            environment = (proc.PROC / str(process.pid) / "environ").read_bytes()
        except OSError:
            # Gone by now, or another user's, whom the command line gives away.
            environment = b""
        line = " ".join(process.command)
        if any(needle in line or needle.encode() in environment for needle in needles):
            found.append(f"{process.pid} {line}")
    return found


def assert_none_survives(*needles: str, within_s: float = 10.0) -> None:
    deadline_s = time.monotonic() + within_s
    while left := survivors(*needles):
        assert time.monotonic() < deadline_s, f"still running: {left}"
        time.sleep(0.1)


@pytest.fixture(scope="session", autouse=True)
def _nothing_is_left() -> Iterator[None]:
    mark = f"{MARK}={uuid.uuid4()}"
    os.environ[MARK] = mark.partition("=")[2]
    yield
    assert_none_survives(mark)


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Kafka, Redis and Elasticsearch, empty at the session's start, deleted at its end."""
    settings = local_settings(tmp_path_factory.mktemp("services"))
    stack = Stack(settings)
    folders = [str(status.log.parent.parent) for status in stack.status()]
    try:
        env = stack.up()
        yield Services(env["WEIR_KAFKA"], env["WEIR_REDIS"], env["WEIR_ELASTICSEARCH"], env, stack)
    finally:
        stack.down(purge=True)
        assert_none_survives(*folders)


@pytest.fixture
def private_settings(tmp_path: Path) -> LocalSettings:
    """For a test that starts and ends services of its own."""
    return local_settings(tmp_path / "data")


@pytest.fixture(scope="session")
def _redis_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    stack = Stack(local_settings(tmp_path_factory.mktemp("redis")))
    try:
        yield stack.up("redis")["WEIR_REDIS"]
    finally:
        stack.down("redis", purge=True)


@pytest.fixture
def redis_server(_redis_process: str) -> str:
    """The address of a real Redis of this session's own, without keys and functions."""
    with redis.Redis.from_url(_redis_process) as client:
        client.flushall()
        client.function_flush()
    return _redis_process


@pytest.fixture(scope="session")
def _redis_program(tmp_path_factory: pytest.TempPathFactory) -> Launch:
    service = Redis(local_settings(tmp_path_factory.mktemp("program")))
    service.fetch()
    (service.folder / "conf").mkdir(parents=True)
    launch = service.prepare()
    return Launch(command=launch.command[:1], env=launch.env)


@pytest.fixture
def own_redis(_redis_program: Launch, tmp_path: Path) -> Iterator[Node]:
    """A redis-server of a test's own, which it may kill, stop and start again; it runs."""
    options = "appendonly yes\nappendfsync everysec"
    node = Node(_redis_program.command, _redis_program.env, tmp_path / "redis", free_ports(1)[0], options)
    try:
        node.start()
        yield node
    finally:
        node.close()


@pytest.fixture(scope="session")
def _redis_cluster(_redis_program: Launch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisCluster]:
    folder = tmp_path_factory.mktemp("cluster")
    cluster = RedisCluster(_redis_program.command, _redis_program.env, folder, free_ports(14))
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def cluster_servers(_redis_cluster: RedisCluster) -> Iterator[RedisCluster]:
    """A real Redis Cluster of this session's own, whole, without keys and functions; a test may break it."""
    _redis_cluster.empty()
    yield _redis_cluster
    _redis_cluster.heal()


@pytest.fixture
def redis_cluster(cluster_servers: RedisCluster) -> str:
    """Its address, as the settings take it."""
    return cluster_servers.url
