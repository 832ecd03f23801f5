"""The enforcement client and its example, against a real Kafka: the whole state first, then what changes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.enforcements import EnforcementTopic, one, record
from support.pipeline import wait_until

from streams.clients.enforcement import Change, EnforcementClient, EnforcementsAway

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "nginx_deny_list.py"
NOW_MS = 1_795_237_200_000


@pytest.fixture
def topic(services: Any) -> EnforcementTopic:
    return EnforcementTopic(services.kafka)


def client_of(topic: EnforcementTopic, clock_ms: Callable[[], int] = lambda: NOW_MS) -> EnforcementClient:
    return EnforcementClient(topic.settings.kafka, topic.name, clock_ms=clock_ms)


def changes_of(client: EnforcementClient, count: int) -> list[Change]:
    found: list[Change] = []
    wait_until(lambda: bool(found.extend(client.poll(0.2))) or len(found) >= count, 20, f"{count} changes: {found}")
    return found


@pytest.mark.services
def test_the_whole_state_is_read_first_and_then_what_changes_is_told(topic: EnforcementTopic) -> None:
    topic.write(*(record(f"account=u{number}", one(f"d{number}")) for number in range(50)))
    topic.write(record("account=u1", one("d1", "challenge")), ("account=u2", None), (".source/x", b"{}"))
    topic.write(record("account=u3", one("never", "quarantine")), commit=False)
    now_ms = NOW_MS
    with client_of(topic, lambda: now_ms) as client:
        assert not client.caught_up
        assert client.strongest("account", "u1") is None
        client.read_to_end()
        assert client.caught_up
        assert {value for _, value, _ in client.enforced()} == {f"u{n}" for n in range(50) if n != 2}
        assert [value for _, value, _ in client.enforced(at_least="throttle")].count("u1") == 0
        assert list(client.enforced("ip")) == []
        assert client.strongest("account", "u1") == one("d1", "challenge")
        assert client.strongest("account", "u3") == one("d3")
        assert client.poll(0.3) == []

        # An expiry is told by the clock alone; then the next decision counts.
        ends, lasts = one("s", "block", NOW_MS + 1000), one("w", "challenge", NOW_MS + 2000)
        topic.write(record("ip=192.0.2.1", ends, lasts), ("account=u4", None))
        told = {change[:3] for change in changes_of(client, 2)}
        assert told == {("ip", "192.0.2.1", ends), ("account", "u4", None)}
        assert client.strongest("ip", "192.0.2.1", NOW_MS + 999) == ends
        assert client.strongest("ip", "192.0.2.1", NOW_MS + 1000) == lasts
        assert client.strongest("ip", "192.0.2.1", NOW_MS + 2000) is None
        now_ms += 1000
        assert [change.counts for change in changes_of(client, 1)] == [lasts]
        now_ms += 1000
        assert [change.counts for change in changes_of(client, 1)] == [None]

        # What says nothing new is not told: the tombstone of what has expired, the same again, a weaker one more.
        topic.write(("ip=192.0.2.1", None), record("account=u5", one("d5"), one("e5", "challenge")))
        # Nor what no enforcer writes; before, it counts as it did.
        topic.write(("account=u6", b"{"), ("no target", b"{}"), record("account=a=b", one("d")))
        assert [change[:3] for change in changes_of(client, 1)] == [("account", "a=b", one("d"))]
        assert [found.decision for found in client.decisions("account", "u5")] == ["d5", "e5"]
        assert client.strongest("account", "u6") == one("d6")
        assert client.unreadable == 1
        assert list(client.changes(timeout_s=0.3)) == []


@pytest.mark.services
def test_ends_that_are_put_off_again_and_again_take_no_room(topic: EnforcementTopic) -> None:
    now_ms = NOW_MS
    with client_of(topic, lambda: now_ms) as client:
        client.read_to_end()
        for number in range(5000):
            client._apply(*record("account=ada", one(f"d{number}", "block", NOW_MS + 1000 + number)))
            assert client._changed("account=ada", NOW_MS) is not None
        assert len(client._ends) <= 1002
        now_ms = NOW_MS + 5998
        assert client.poll(0.1) == []
        now_ms = NOW_MS + 5999
        assert [change.counts for change in client.poll(0.1)] == [None]


@pytest.mark.services
def test_a_topic_that_is_missing_or_a_kafka_that_is_away_is_named_with_the_remedy(services: Any) -> None:
    with pytest.raises(EnforcementsAway, match="'weir topics apply'"):
        EnforcementClient(services.kafka, f"none-{uuid.uuid4().hex}", wait_s=0.5)
    with pytest.raises(EnforcementsAway, match="does not answer"):
        EnforcementClient("127.0.0.1:1", wait_s=0.5)


class Example:
    """The example as a process of its own, and somebody who reads its file all the time, as nginx might."""

    def __init__(self, topic: EnforcementTopic, folder: Path, *words: str) -> None:
        self.file = folder / "list"
        self.seen: list[str] = []
        self._watching = True
        command = [sys.executable, str(EXAMPLE), "--kafka", topic.settings.kafka, "--topic", topic.name]
        command += ["--file", str(self.file), "--every", "0.1", *words]
        self._log = (folder / "log").open("w+")
        self._process = subprocess.Popen(command, stderr=self._log, env=dict(os.environ))
        self._watcher = threading.Thread(target=self._watch)
        self._watcher.start()

    def _watch(self) -> None:
        while self._watching:
            if self.file.exists() and (text := self.file.read_text()) not in self.seen[-1:]:
                self.seen.append(text)

    def lines(self) -> list[str]:
        assert self._process.poll() is None, self.end()
        return self.file.read_text().splitlines() if self.file.exists() else ["no file"]

    def end(self) -> str:
        self._watching = False
        self._watcher.join()
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(10)
        self._log.seek(0)
        with self._log:
            return self._log.read()


@pytest.mark.services
def test_the_example_keeps_a_deny_list_that_is_whole_at_any_time(topic: EnforcementTopic, tmp_path: Path) -> None:
    blocked = [record(f"ip=192.0.2.{number}", one(f"d{number}")) for number in range(200)]
    hostile = ["0.0.0.0/0", "fe80::1%a;deny all", "1.2.3.4; allow all", "x\ny", "$host", ""]
    topic.write(*blocked, *(record(f"ip={value}", one("h")) for value in hostile))
    topic.write(record("ip=2001:db8::/48", one("n")), record("ip=198.51.100.1", one("c", "challenge")))
    topic.write(record("account=ada", one("a")))
    reloads = tmp_path / "reloads"
    reload = f"{sys.executable} -c \"open('{reloads}', 'a').write('.')\""
    example = Example(topic, tmp_path, "--entity", "ip", "--reload", reload)
    try:
        expected = sorted(f"deny 192.0.2.{number}/32;" for number in range(200))
        wait_until(lambda: example.lines() == [*expected, "deny 2001:db8::/48;"], 30, "the whole list")
        topic.write(*((f"ip=192.0.2.{number}", None) for number in range(100)))
        topic.write(record("ip=192.0.2.7", one("again", "block", int(time.time() * 1000) + 4000)))
        wait_until(
            lambda: "deny 192.0.2.7/32;" in example.lines() and len(example.lines()) == 102, 20, "half the list"
        )
        wait_until(lambda: len(example.lines()) == 101, 20, "what expires leaves without an event")
    finally:
        log = example.end()
    # Half written, a list would lack its last line, or a part of it.
    assert all(text.endswith("deny 2001:db8::/48;\n") for text in example.seen), log
    assert 3 <= len(reloads.read_text()) < 12
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    assert f"{len(hostile)} values cannot be written" in log
    assert not re.search("all|host", log)


@pytest.mark.services
def test_the_example_writes_accounts_for_a_map_of_nginx(topic: EnforcementTopic, tmp_path: Path) -> None:
    for value in (
        "Ada@example.org",
        "ada@example.org",
        "default",
        "~.*",
        'x" 1; default "1',
        "a b",
        "ü",
        "\\x",
        "a" * 300,
    ):
        topic.write(record(f"account={value}", one("d")))
    example = Example(topic, tmp_path, "--entity", "account")
    try:
        expected = ['"\\\\ada@example.org" 1;', '"\\\\default" 1;']
        wait_until(lambda: example.lines() == expected, 30, "the map")
    finally:
        assert "6 values" in example.end()
