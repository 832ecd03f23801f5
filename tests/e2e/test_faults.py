"""Services that go away and come back, some of them older than they were."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
import redis
from support.events import record
from support.hostile import garbage
from support.pipeline import Pipeline, Process, wait_until


def send(pipeline: Pipeline, start: int, count: int, now_ms: int) -> None:
    producer = pipeline.producer()
    for i in range(start, start + count):
        value = record("login", f"e{i}", now_ms + i, account=f"a{i % 10}", ip=f"192.0.2.{i % 7}")
        producer.produce(pipeline.topic("login"), value, f"a{i % 10}")
    assert producer.flush(60) == 0


def unique(pipeline: Pipeline) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for verdict in pipeline.json("verdicts"):
        found.setdefault(verdict["id"], verdict["data"])
    return found


@pytest.mark.services
def test_a_store_that_lost_its_tail_is_filled_again_from_kafka(services: Any, tmp_path: Path) -> None:
    now_ms = int(time.time() * 1000) - 600_000
    with Pipeline(services, tmp_path) as pipeline:
        worker = pipeline.start("worker")
        send(pipeline, 0, 500, now_ms)
        wait_until(lambda: len(unique(pipeline)) == 500, 60, "500 verdicts")
        client = redis.Redis.from_url(pipeline.settings.redis)
        time.sleep(1.5)
        # What a server that died between two syncs looks like: everything as it was some events ago.
        kept = {key: client.dump(key) for key in client.scan_iter(f"{pipeline.settings.namespace}:*")}
        send(pipeline, 500, 300, now_ms)
        wait_until(lambda: len(unique(pipeline)) == 800, 60, "800 verdicts")
        for key in list(client.scan_iter(f"{pipeline.settings.namespace}:*")):
            client.delete(key)
        for key, blob in kept.items():
            client.restore(key, 600_000, blob)
        send(pipeline, 800, 200, now_ms)
        wait_until(lambda: len(unique(pipeline)) == 1000, 60, "1000 verdicts")
        assert worker.metric("weir_store_behind_total") > 0
        last = {}
        for data in unique(pipeline).values():
            last[data["fields"]["account"]] = max(
                last.get(data["fields"]["account"], 0), data["features"]["account.logins_24h"]
            )
        assert last == {f"a{i}": 100 for i in range(10)}


@pytest.mark.services
def test_a_lost_tail_is_noticed_and_filled_without_any_new_event(services: Any, tmp_path: Path) -> None:
    now_ms = int(time.time() * 1000) - 600_000
    with Pipeline(services, tmp_path) as pipeline:
        worker = pipeline.start("worker")
        send(pipeline, 0, 200, now_ms)
        wait_until(lambda: len(unique(pipeline)) == 200, 60, "200 verdicts")
        client = redis.Redis.from_url(pipeline.settings.redis)
        client.delete(*client.scan_iter(f"{pipeline.settings.namespace}:*"))
        wait_until(lambda: worker.metric("weir_refilled_events_total") >= 200, 30, "200 events refilled")
        # Another partition's events meet the entities as they were, though nothing more came on the first.
        send(pipeline, 200, 10, now_ms)
        wait_until(lambda: len(unique(pipeline)) == 210, 60, "210 verdicts")
        later = [data for data in unique(pipeline).values() if int(data["event"]["id"][1:]) >= 200]
        assert [data["features"]["account.logins_24h"] for data in later] == [21] * 10
        # Other workers may have something to tell of the actors that is not there yet.
        assert all(data["degraded"] == ["refill"] for data in later)


@pytest.mark.services
def test_a_store_that_was_emptied_while_no_worker_ran_is_filled_without_any_new_event(
    services: Any, tmp_path: Path
) -> None:
    now_ms = int(time.time() * 1000) - 600_000
    with Pipeline(services, tmp_path) as pipeline:
        worker = pipeline.start("worker")
        send(pipeline, 0, 200, now_ms)
        wait_until(lambda: len(unique(pipeline)) == 200, 60, "200 verdicts")
        # What is decided is committed within a second.
        time.sleep(2.5)
        worker.terminate()
        client = redis.Redis.from_url(pipeline.settings.redis)
        client.delete(*client.scan_iter(f"{pipeline.settings.namespace}:*"))
        again = pipeline.start("worker")
        wait_until(lambda: again.metric("weir_refilled_events_total") >= 200, 60, "200 events refilled")
        send(pipeline, 200, 10, now_ms)
        wait_until(lambda: len(unique(pipeline)) == 210, 60, "210 verdicts")
        later = [data for data in unique(pipeline).values() if int(data["event"]["id"][1:]) >= 200]
        assert [data["features"]["account.logins_24h"] for data in later] == [21] * 10


@pytest.mark.services
def test_a_store_that_is_full_is_waited_for(services: Any, tmp_path: Path) -> None:
    now_ms = int(time.time() * 1000) - 600_000
    with Pipeline(services, tmp_path) as pipeline:
        worker = pipeline.start("worker")
        send(pipeline, 0, 20, now_ms)
        wait_until(lambda: len(unique(pipeline)) == 20, 60, "20 verdicts")
        client = redis.Redis.from_url(pipeline.settings.redis)
        client.config_set("maxmemory", 1)
        try:
            send(pipeline, 20, 20, now_ms)
            wait_until(lambda: worker.get("/ready")[0] == 503, 30, "not ready while the store is full")
            assert worker.get("/live")[0] == 200
        finally:
            client.config_set("maxmemory", 0)
        wait_until(lambda: len(unique(pipeline)) == 40, 60, "40 verdicts")
        assert worker.terminate() == 0


@pytest.mark.services
def test_an_emptied_store_is_rebuilt_before_anybody_is_taken_for_a_newcomer(services: Any, tmp_path: Path) -> None:
    now_ms = int(time.time() * 1000) - 600_000
    with Pipeline(services, tmp_path) as pipeline:
        pipeline.start("worker")
        send(pipeline, 0, 500, now_ms)
        wait_until(lambda: len(unique(pipeline)) == 500, 60, "500 verdicts")
        client = redis.Redis.from_url(pipeline.settings.redis)
        client.delete(*client.scan_iter(f"{pipeline.settings.namespace}:*"))
        send(pipeline, 500, 10, now_ms)
        wait_until(lambda: len(unique(pipeline)) == 510, 60, "510 verdicts")
        fresh = [
            d["features"]["account.logins_24h"] for d in unique(pipeline).values() if int(d["event"]["id"][1:]) >= 500
        ]
        assert fresh == [51] * 10


@pytest.mark.services
def test_a_store_that_is_away_is_waited_for_in_one_line(services: Any, tmp_path: Path) -> None:
    now_ms = int(time.time() * 1000) - 600_000
    with Pipeline(services, tmp_path) as pipeline:
        worker = pipeline.start("worker")
        send(pipeline, 0, 50, now_ms)
        wait_until(lambda: len(unique(pipeline)) == 50, 60, "50 verdicts")
        pid = next(status.pid for status in services.stack.status("redis"))
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        try:
            send(pipeline, 50, 50, now_ms)
            wait_until(lambda: worker.get("/ready")[0] == 503, 40, "not ready while the store is away")
        finally:
            os.kill(pid, signal.SIGCONT)
        wait_until(lambda: len(unique(pipeline)) == 100, 60, "100 verdicts")
        wait_until(lambda: worker.get("/ready")[0] == 200, 20, "ready again")
        assert worker.log().count("store_unavailable") == 1
        assert "Traceback" not in worker.log()
        assert worker.terminate() == 0


@pytest.mark.services
def test_500_hostile_records_end_in_dead_letters_and_change_nothing_else(services: Any, tmp_path: Path) -> None:
    now_ms = int(time.time() * 1000)
    hostile = garbage(5, 500, now_ms)
    with Pipeline(services, tmp_path) as pipeline:
        worker = pipeline.start("worker")
        indexer = pipeline.start("indexer")
        producer = pipeline.producer()
        for i, (kind, value, _) in enumerate(hostile):
            producer.produce(pipeline.topic(kind), value, str(i % 17))
        producer.flush()
        send(pipeline, 0, 20, now_ms)
        wait_until(lambda: pipeline.count() == 20, 60, "20 documents")
        wait_until(lambda: len(pipeline.json("dead-letters")) >= 500, 60, "500 dead letters")
        letters = {letter["id"]: letter["data"] for letter in pipeline.json("dead-letters")}
        assert Counter(data["reason"] for data in letters.values()) == Counter(reason for _, _, reason in hostile)
        assert pipeline.count() == 20
        assert len(unique(pipeline)) == 20
        told = msgspec.json.encode(list(letters.values())).decode() + worker.log() + indexer.log()
        assert "192.0.2.1" not in told
        assert worker.terminate() == 0
        assert indexer.terminate() == 0


def test_a_wrong_setting_refuses_to_start_and_names_itself(tmp_path: Path) -> None:
    for command in ("worker", "learner", "indexer", "enforcer"):
        done = subprocess.run(
            [sys.executable, "-m", "streams", command],
            env={**os.environ, "WEIR_BATCH_SIZE": "many"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 2
        assert "WEIR_BATCH_SIZE" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.services
def test_kafka_and_elasticsearch_may_crash_and_come_back(services: Any, tmp_path: Path) -> None:
    now_ms = int(time.time() * 1000) - 600_000
    with Pipeline(services, tmp_path) as pipeline:
        processes = [pipeline.start(command) for command in ("worker", "learner", "indexer", "enforcer")]
        send(pipeline, 0, 200, now_ms)
        wait_until(lambda: pipeline.count() == 200, 60, "200 documents")
        services.stack.kill("kafka")
        services.stack.kill("elasticsearch")
        time.sleep(8)
        services.stack.up()
        send(pipeline, 200, 200, now_ms)
        wait_until(lambda: pipeline.count() == 400, 120, "400 documents")
        assert len(unique(pipeline)) == 400
        wait_until(lambda: processes[3].metric("weir_folded_total") >= 400, 60, "400 verdicts folded")
        wait_until(lambda: processes[3].metric("weir_enforcer_lag_events") == 0, 60, "none waits for the enforcer")
        for process in processes:
            if process.popen.poll() == 70 and "INVALID_TXN_STATE" in process.log():
                # A broker that is killed may forget a transaction that is under way. Its producer is of no use then:
                # the process ends, and is started again.
                process = pipeline.start(process.command)
            assert process.popen.poll() is None, process.log()[-3000:]
            assert process.log().count("\n") < 30, process.log()
            assert "Traceback" not in process.log(), process.log()
            assert process.terminate() == 0


@pytest.mark.parametrize("command", ["worker", "learner", "indexer", "enforcer"])
def test_a_process_that_waits_for_its_services_is_alive_not_ready_and_ends_when_told(
    command: str, tmp_path: Path
) -> None:
    env = {"WEIR_KAFKA": "127.0.0.1:1", "WEIR_ELASTICSEARCH": "http://127.0.0.1:1"}
    process = Process(command, env, tmp_path)
    try:
        wait_until(lambda: process.get("/live")[0] == 200, 30, "alive")
        assert process.get("/ready")[0] == 503
        wait_until(lambda: process.log().count("waiting") == 1, 20, "one line says what it waits for")
        assert process.terminate(20) == 0
        assert "Traceback" not in process.log()
    finally:
        if process.popen.poll() is None:
            process.kill()
