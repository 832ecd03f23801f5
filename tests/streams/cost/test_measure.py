"""The computed memory agrees with a real server's within 15%, entity by entity."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import redis
from support.events import CATALOGUES
from support.pipeline import wait_until

from features.cost import TYPICAL_EVENTS, entity_cost
from features.errors import WeirError
from infra.local.service import Launch
from streams.cost.measure import TAG, MeasuredRedis
from streams.cost.scratch import scratch_redis

ENTITIES = 20_000


@pytest.mark.parametrize("kind", sorted(CATALOGUES))
def test_computed_and_measured_agree_within_15_percent(redis_server: str, kind: str) -> None:
    server = MeasuredRedis(redis_server)
    parts: list[int] = []
    for source in CATALOGUES[kind].sources:
        if source.plan.whole is None and source.entity != "everyone":
            parts.clear()
            measured = server.measure(source.plan, ENTITIES, TYPICAL_EVENTS, parts.append)
            row = entity_cost(kind, source.entity, source.plan, ENTITIES, ENTITIES, TYPICAL_EVENTS, TAG)
            assert row.whole(row.typical) == pytest.approx(measured, rel=0.15), source.entity
            assert sum(parts) == ENTITIES
    server.close()
    with redis.Redis.from_url(redis_server) as client:
        assert client.dbsize() == 0


def test_a_server_that_holds_something_is_left_alone(redis_server: str) -> None:
    with redis.Redis.from_url(redis_server) as client:
        client.set("somebody", "else's")
        with pytest.raises(WeirError, match="holds 1 keys: name an empty one"):
            MeasuredRedis(redis_server)
        assert client.get("somebody") == b"else's"


def test_a_scratch_server_lives_as_long_as_its_block(
    _redis_program: Launch,  # noqa: PT019
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = Path(_redis_program.command[0]).parent
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    for name, value in _redis_program.env.items():
        monkeypatch.setenv(name, value)
    with scratch_redis() as url, redis.Redis.from_url(url) as client:
        assert client.ping()
        assert client.config_get("save") == {"save": ""}
    with redis.Redis.from_url(url) as client, pytest.raises(redis.ConnectionError):
        client.ping()


def test_a_command_that_is_told_to_end_ends_its_server(
    _redis_program: Launch,  # noqa: PT019
    tmp_path: Path,
) -> None:
    folder, log = Path(_redis_program.command[0]).parent, tmp_path / "address"
    program = (
        "import pathlib, sys, time\nfrom streams.cost.scratch import scratch_redis\n"
        "with scratch_redis() as url:\n    pathlib.Path(sys.argv[1]).write_text(url)\n    time.sleep(60)\n"
    )
    env = {**os.environ, **_redis_program.env, "PATH": f"{folder}:{os.environ['PATH']}"}
    command = subprocess.Popen([sys.executable, "-c", program, str(log)], env=env, stderr=subprocess.DEVNULL)
    wait_until(lambda: log.exists() and log.read_text() != "", 30, "the server answers")
    command.terminate()
    command.wait(timeout=20)
    with redis.Redis.from_url(log.read_text()) as client, pytest.raises(redis.ConnectionError):
        client.ping()


def test_without_a_server_to_start_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(WeirError, match="--redis"), scratch_redis():
        pass
