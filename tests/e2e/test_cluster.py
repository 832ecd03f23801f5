"""The whole way of an event on a real Redis Cluster, of which a master dies."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from redis.crc import key_slot
from support.events import record
from support.pipeline import Pipeline, wait_until
from support.redis_cluster import RedisCluster


@pytest.mark.services
def test_a_worker_outlives_a_failover_and_counts_every_event_once(
    services: Any, cluster_servers: RedisCluster, tmp_path: Path
) -> None:
    now_ms = int(time.time() * 1000) - 600_000

    def send(pipeline: Pipeline, start: int, count: int) -> None:
        producer = pipeline.producer()
        for i in range(start, start + count):
            value = record("login", f"e{i}", now_ms + i, account=f"a{i % 10}", ip=f"192.0.2.{i % 7}")
            producer.produce(pipeline.topic("login"), value, f"a{i % 10}")
        assert producer.flush(60) == 0

    def verdicts(pipeline: Pipeline) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for verdict in pipeline.json("verdicts"):
            found.setdefault(verdict["id"], verdict["data"])
        return found

    with Pipeline(services, tmp_path, redis=cluster_servers.url) as pipeline:
        worker = pipeline.start("worker")
        send(pipeline, 0, 300)
        wait_until(lambda: len(verdicts(pipeline)) == 300, 60, "300 verdicts")
        master = cluster_servers.owner(key_slot(b"{0}"))
        # What this master acknowledges from now on dies with it.
        master.client.execute_command("ACL", "SETUSER", "default", "-psync", "-sync")
        master.client.execute_command("CLIENT", "KILL", "TYPE", "replica")
        send(pipeline, 300, 200)
        wait_until(lambda: len(verdicts(pipeline)) == 500, 60, "500 verdicts")
        master.kill()
        send(pipeline, 500, 300)
        wait_until(lambda: worker.get("/ready")[0] == 503, 20, "not ready during the failover")
        wait_until(lambda: len(verdicts(pipeline)) == 800, 60, "800 verdicts")
        wait_until(lambda: worker.get("/ready")[0] == 200, 20, "ready again")
        assert worker.metric("weir_store_behind_total") > 0
        last: dict[str, float] = {}
        for data in verdicts(pipeline).values():
            account = data["fields"]["account"]
            last[account] = max(last.get(account, 0), data["features"]["account.logins_24h"])
        assert last == {f"a{i}": 80 for i in range(10)}
        assert worker.log().count("store_unavailable") >= 1
        assert "Traceback" not in worker.log()
        assert worker.terminate() == 0
