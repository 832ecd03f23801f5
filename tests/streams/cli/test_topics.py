"""`weir topics apply` creates what is missing, reports what differs, and changes nothing that is there."""

import time
from typing import Any

import pytest
from click.testing import CliRunner

from streams.cli.topics import topics


def run(*arguments: str) -> tuple[int, list[str]]:
    result = CliRunner().invoke(topics, ["apply", *arguments])
    return result.exit_code, result.output.splitlines()


@pytest.mark.services
def test_topics_are_created_once_and_differences_reported_but_kept(
    services: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEIR_KAFKA", services.kafka)
    monkeypatch.setenv("WEIR_TOPIC_PREFIX", f"t{time.time_ns()}-")
    names = ["control", "dead-letters", "enforcements", "labels", "login", "mail", "signup", "verdicts"]

    code, lines = run("--check")
    assert code == 1
    assert [line.partition("-")[2] for line in lines] == [f"{name}: missing" for name in names]

    code, lines = run()
    assert code == 0
    assert [line.partition("-")[2] for line in lines] == [f"{name}: created" for name in names]
    time.sleep(0.5)
    assert run() == (0, [line.replace("created", "ok") for line in lines])

    monkeypatch.setenv("WEIR_RETENTION_HOURS", "1")
    monkeypatch.setenv("WEIR_PARTITIONS", "8")
    for _ in range(2):
        code, lines = run()
        assert code == 1
        assert any(line.endswith("login: partitions: is 4, planned 8") for line in lines)
        assert any(line.endswith("labels: retention.ms: is 604800000, planned 3600000") for line in lines)
        assert any(line.endswith("control: ok") for line in lines)


def test_a_kafka_that_is_away_is_waited_for_and_then_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_KAFKA", "127.0.0.1:1")
    code, lines = run("--wait", "1")
    assert code == 2
    assert lines[0] == "waiting up to 1 s for Kafka at 127.0.0.1:1"
    assert len(lines) == 2
    assert "127.0.0.1:1 does not answer" in lines[1]
