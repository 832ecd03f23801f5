"""Somebody is forgotten, and stays so when the store is lost and rebuilt; nobody else loses anything."""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import msgspec
import pytest
import redis
from support.events import record
from support.pipeline import Pipeline, wait_until

ACCOUNTS = 10


def send(pipeline: Pipeline, start: int, stop: int, now_ms: int) -> list[tuple[str, str]]:
    """Logins (and for the first of them signups); (account, ip) of each login."""
    producer = pipeline.producer()
    sent = []
    for i in range(start, stop):
        account, ip = f"a{i % ACCOUNTS}", f"192.0.2.{i % 7}"
        value = record("login", f"e{i}", now_ms + i, account=account, ip=ip)
        producer.produce(pipeline.topic("login"), value, account)
        sent.append((account, ip))
        if i < ACCOUNTS:
            producer.produce(pipeline.topic("signup"), record("signup", f"s{i}", now_ms, account=account, ip=ip))
        producer.poll(0)
    assert producer.flush(60) == 0
    return sent


def decided(pipeline: Pipeline) -> int:
    return len({verdict["id"] for verdict in pipeline.json("verdicts")})


def inspect(pipeline: Pipeline, who: str) -> dict[str, dict[str, Any]]:
    """By kind: each feature's value."""
    done = pipeline.weir("features", "inspect", who, "--json", check=False)
    assert done.stdout, done.stderr[-2000:]
    kinds = json.loads(done.stdout)["kinds"]
    assert done.returncode == (0 if kinds else 1), done.stderr
    return {one["kind"]: {f["name"]: f["value"] for f in one["features"]} for one in kinds}


def lose(pipeline: Pipeline) -> None:
    client = redis.Redis.from_url(pipeline.settings.redis)
    client.delete(*client.scan_iter(f"{pipeline.settings.namespace}:*"))


@pytest.mark.services
def test_the_forgotten_stay_forgotten_when_the_store_is_rebuilt(services: Any, tmp_path: Path) -> None:
    now_ms = int(time.time() * 1000) - 600_000
    with Pipeline(services, tmp_path) as pipeline:
        worker = pipeline.start("worker")
        before = send(pipeline, 0, 500, now_ms)
        wait_until(lambda: decided(pipeline) == 510, 60, "510 verdicts")
        assert set(inspect(pipeline, "account=a3")) == {"signup", "login"}

        done = pipeline.weir("features", "forget", "account=a3")
        assert "login: account=a3: 1 state of" in done.stdout
        assert done.stdout.count("nothing is left") == 3
        assert "entity_forgotten" in done.stderr
        assert "a3" not in done.stderr
        assert inspect(pipeline, "account=a3") == {}
        told = [m for m in pipeline.records("control") if m.key().startswith(b"forgotten/account/")]
        # By the brokers' clock, and nothing that could be read.
        assert msgspec.json.decode(told[-1].value())["at_ms"] == told[0].timestamp()[1]
        assert b"a3" not in told[-1].value()

        lose(pipeline)
        wait_until(lambda: worker.metric("weir_refilled_events_total") >= 510, 60, "all events were read again")
        wait_until(lambda: inspect(pipeline, "account=a4") != {}, 30, "the others are known again")
        assert inspect(pipeline, "account=a3") == {}
        compare(pipeline, before, {"a3"})

        # Who comes back is a newcomer, and is one again after another loss.
        after = [one for one in send(pipeline, 500, 520, now_ms) if one[0] == "a3"]
        wait_until(lambda: decided(pipeline) == 530, 60, "530 verdicts")
        assert inspect(pipeline, "account=a3")["login"]["account.logins_24h"] == len(after) == 2
        lose(pipeline)
        wait_until(lambda: worker.metric("weir_refilled_events_total") >= 1040, 60, "all events were read again")
        wait_until(lambda: "login" in inspect(pipeline, "account=a3"), 30, "the newcomer is known again")
        assert inspect(pipeline, "account=a3")["login"]["account.logins_24h"] == 2
        assert worker.terminate() == 0


def compare(pipeline: Pipeline, logins: list[tuple[str, str]], forgotten: set[str]) -> None:
    """By brute force: counts are whole; the forgotten are in nobody's set."""
    accounts, ips = Counter(account for account, _ in logins), Counter(ip for _, ip in logins)
    seen: dict[str, set[str]] = defaultdict(set)
    for account, ip in logins:
        seen[ip].add(account)
    for account, count in accounts.items():
        if account not in forgotten:
            assert inspect(pipeline, f"account={account}")["login"]["account.logins_24h"] == count
    for ip, count in ips.items():
        login = inspect(pipeline, f"ip={ip}")["login"]
        assert login["ip.logins_24h"] == count
        assert login["ip.accounts_24h"] == len(seen[ip] - forgotten)


@pytest.mark.services
def test_somebody_is_forgotten_while_the_store_is_being_rebuilt(services: Any, tmp_path: Path) -> None:
    now_ms = int(time.time() * 1000) - 600_000
    with Pipeline(services, tmp_path) as pipeline:
        worker = pipeline.start("worker")
        before = send(pipeline, 0, 10_000, now_ms)
        wait_until(lambda: decided(pipeline) == 10_010, 120, "10,010 verdicts")
        lose(pipeline)
        wait_until(lambda: worker.metric("weir_refilled_events_total") > 0, 60, "reading again has begun")
        assert pipeline.weir("features", "forget", "account=a3", check=False).returncode in (0, 1)
        wait_until(lambda: worker.metric("weir_refilled_events_total") >= 10_010, 120, "all events were read again")
        wait_until(lambda: inspect(pipeline, "account=a3") == {}, 10, "nothing is known of the forgotten")
        for who in ("a2", "a4"):
            count = sum(account == who for account, _ in before)
            assert inspect(pipeline, f"account={who}")["login"]["account.logins_24h"] == count


@pytest.mark.services
def test_without_kafka_nothing_is_erased(services: Any, tmp_path: Path) -> None:
    now_ms = int(time.time() * 1000) - 600_000
    with Pipeline(services, tmp_path) as pipeline:
        worker = pipeline.start("worker")
        send(pipeline, 0, 20, now_ms)
        wait_until(lambda: decided(pipeline) == 30, 60, "30 verdicts")
        worker.terminate()
        pipeline.env["WEIR_KAFKA"] = "127.0.0.1:1"
        done = pipeline.weir("features", "forget", "account=a3", check=False)
        assert done.returncode == 2
        assert "WEIR_KAFKA" in done.stderr
        assert set(inspect(pipeline, "account=a3")) == {"signup", "login"}


@pytest.mark.services
def test_another_spelling_is_forgotten_and_an_unknown_one_is_said_loudly(services: Any, tmp_path: Path) -> None:
    now_ms = int(time.time() * 1000) - 600_000
    with Pipeline(services, tmp_path) as pipeline:
        worker = pipeline.start("worker")
        producer = pipeline.producer()
        value = record("signup", "s1", now_ms, account="jane", recovery_email="jane.doe@gmail.com")
        producer.produce(pipeline.topic("signup"), value, "jane")
        assert producer.flush(60) == 0
        wait_until(lambda: decided(pipeline) == 1, 60, "1 verdict")
        assert worker.terminate() == 0
        who = "recovery=Jane.Doe+shop@GoogleMail.com"
        assert "signup" in inspect(pipeline, who)

        done = pipeline.weir("features", "forget", who)
        assert "signup: recovery=janedoe@gmail.com: 1 state of" in done.stdout
        assert "NOTHING WAS KNOWN" not in done.stderr
        assert inspect(pipeline, who) == {}

        told = len(list(pipeline.records("control")))
        again = pipeline.weir("features", "forget", "recovery=jane.d@example.com", check=False)
        assert again.returncode == 1
        assert "NOTHING WAS KNOWN" in again.stderr
        assert "the value that verdicts show" in again.stderr
        assert "jane" not in again.stderr
        # It is told all the same: what an unread topic holds of it counts no more.
        assert len(list(pipeline.records("control"))) == told + 2


@pytest.mark.services
def test_what_stands_for_all_events_is_not_forgotten(services: Any, tmp_path: Path) -> None:
    with Pipeline(services, tmp_path) as pipeline:
        done = pipeline.weir("features", "forget", "everyone=*", check=False)
        assert done.returncode == 2
        assert "for no actor" in done.stderr
        assert not list(pipeline.records("control"))
