"""`weir enforcements` prints what is enforced, then what changes; nobody's text gets to the terminal as it is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import Any

import pytest
from click.testing import CliRunner, Result
from support.enforcements import EnforcementTopic, one, record

from streams.cli.enforcements import enforcements

END_MS = 4_102_444_800_000


@pytest.fixture
def topic(services: Any, monkeypatch: pytest.MonkeyPatch) -> EnforcementTopic:
    topic = EnforcementTopic(services.kafka)
    monkeypatch.setenv("WEIR_KAFKA", services.kafka)
    monkeypatch.setenv("WEIR_TOPIC_PREFIX", topic.settings.topic_prefix)
    return topic


def run(*words: str) -> Result:
    return CliRunner().invoke(enforcements, words)


@pytest.mark.services
def test_what_is_enforced_is_printed_in_the_order_of_names_and_one_target_with_all_decisions(
    topic: EnforcementTopic,
) -> None:
    topic.write(
        record("account=bob", one("d2", "challenge", END_MS)),
        record("account=ada", one("d1"), one("old", "quarantine", 1000)),
        record("ip=192.0.2.1", one("gone", "block", 1000)),
        record("account=\x1b[2Jx\u202ey", one("d3")),
    )
    tailed = run("tail", "--once")
    assert tailed.exit_code == 0
    assert tailed.output.splitlines() == [
        "account=\\x1b[2Jx\\u202ey: block until corrected",
        "account=ada: block until corrected",
        "account=bob: challenge until 2100-01-01T00:00:00.000Z",
    ]
    lines = [json.loads(line) for line in run("tail", "--once", "--json").output.splitlines()]
    assert lines[2] == {
        "entity": "account",
        "value": "bob",
        "action": "challenge",
        "expires_at": "2100-01-01T00:00:00.000Z",
        "decisions": [{"decision": "d2", "kind": "login", "action": "challenge", "expires_ms": END_MS}],
    }
    shown = run("show", "account=ada")
    assert (shown.exit_code, shown.output.splitlines()) == (
        0,
        [
            "account=ada: block until corrected",
            "  block until corrected: login decision d1",
            "  quarantine until 1970-01-01T00:00:01.000Z: login decision old, expired",
        ],
    )
    expired = run("show", "ip=192.0.2.1", "--json")
    assert (expired.exit_code, json.loads(expired.output)["action"]) == (1, None)
    assert run("show", "ip=192.0.2.2").exit_code == 1


@pytest.mark.services
def test_changes_are_printed_as_they_come_until_somebody_ends_it(topic: EnforcementTopic) -> None:
    topic.write(record("account=ada", one("d1")))
    tail = subprocess.Popen(
        [sys.executable, "-m", "streams", "enforcements", "tail"],
        env=dict(os.environ),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert tail.stdout is not None
        assert tail.stdout.readline() == "account=ada: block until corrected\n"
        topic.write(("account=ada", None))
        assert tail.stdout.readline() == "account=ada: nothing\n"
        topic.write(record("account=bob", one("d2", "throttle")))
        assert tail.stdout.readline() == "account=bob: throttle until corrected\n"
        tail.send_signal(signal.SIGINT)
        assert tail.wait(20) == 0
        assert tail.stdout.read() == ""
    finally:
        if tail.poll() is None:
            tail.kill()
        tail.communicate()


@pytest.mark.parametrize("target", ["ada", "account=", "=ada", ".source/x=y"])
def test_what_names_no_target_is_refused(target: str) -> None:
    refused = run("show", target)
    assert refused.exit_code == 2
    assert "account=ada" in refused.output
