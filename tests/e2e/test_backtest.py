"""``weir backtest`` on what Kafka holds: between two moments, with published bundles, and labels that came."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from support.backtests import actions, bundle, decide, logins
from support.pipeline import Pipeline

from features.errors import WeirError
from features.event import decision_id, to_rfc3339
from streams.cli.main import weir
from streams.wire import LabelData, encode_label

pytestmark = pytest.mark.services
EVENTS = 400
WHEN = "not success and account.logins_24h <= 5"
RULE = (
    f'[[rule]]\nid = "mine"\nkind = "login"\nwhen = "{WHEN}"\naction = "challenge"\nreason = "a first failure"\n'
    'owner = "me"\ncases = [\n'
    '  { fires = true, values = { success = false, "account.logins_24h" = 5 } },\n'
    '  { fires = false, values = { success = false, "account.logins_24h" = 6 } },\n'
    '  { fires = false, values = { success = true, "account.logins_24h" = 5 } },\n]\n'
)
POLICY = '[[escalation]]\naction = "challenge"\ncount = 2\nwindow = "1d"\nbecomes = "throttle"\n'


def test_a_backtest_reads_verdicts_labels_and_bundles_from_kafka(services: Any, tmp_path: Path) -> None:
    rules = tmp_path / "rules" / "login"
    rules.mkdir(parents=True)
    (rules / "mine.toml").write_text(RULE)
    (rules / "policy.toml").write_text(POLICY)
    recorded = decide(logins(EVENTS), bundle(shipped=True))
    mine = bundle(("mine", WHEN, "challenge"), policy=POLICY, shipped=True)
    live = actions(decide(logins(EVENTS), mine))
    assert {"challenge", "throttle", "allow"} <= set(live.values())
    with Pipeline(services, tmp_path) as pipeline:
        began_ms = int(time.time() * 1000) - 60_000
        send(pipeline, recorded[:300])
        time.sleep(0.05)
        between_ms = int(time.time() * 1000)
        time.sleep(0.05)
        # A repetition of the first, which says otherwise; and a correction, which is no decision of its own.
        send(pipeline, [*recorded[300:], altered(recorded[0], action="block"), altered(recorded[1], corrects="x")])
        label(pipeline, recorded[5])

        words = ["backtest", "--from", to_rfc3339(began_ms), "--rules", str(tmp_path / "rules")]
        out = ["--decisions", str(tmp_path / "decisions"), "--json", str(tmp_path / "report")]
        run(pipeline, *words, "--against", "shipped", *out)
        assert decisions(tmp_path) == live
        report = msgspec.json.decode((tmp_path / "report").read_bytes())
        assert report["passed_over"] == {"corrections": 1, "repetitions": 1}
        assert report["kinds"][0]["labels"] == {"abuse": 1, "legit": 0}

        run(pipeline, *words, "--against", "shipped", "--to", to_rfc3339(between_ms), *out)
        first = {msgspec.json.decode(verdict)["data"]["event"]["id"] for verdict in recorded[:300]}
        assert decisions(tmp_path) == {event: action for event, action in live.items() if event in first}

        run(pipeline, "rules", "publish", "--folder", str(tmp_path / "rules"), "--note", "a test")
        words = ["backtest", "--from", to_rfc3339(began_ms), "--rules", "current", "--against", "shipped"]
        run(pipeline, *words, "--kind", "login", *out)
        assert decisions(tmp_path) == live
        report = msgspec.json.decode((tmp_path / "report").read_bytes())
        (kind,) = report["kinds"]
        assert kind["candidate"]["name"] == "current"
        # By the beginning of its hash, and against what is in force, which is the same.
        words = ["backtest", "--from", to_rfc3339(began_ms), "--rules", kind["candidate"]["bundle"][:8]]
        same = run(pipeline, *words, *out)
        assert decisions(tmp_path) == live
        assert " both " in same
        with pytest.raises(WeirError, match="control has no bundle"):
            run(pipeline, "backtest", "--from", "2026-01-01", "--rules", "0123456789abcdef")


def run(pipeline: Pipeline, *words: str) -> str:
    """What the command says; in this process, which has begun already."""
    result = CliRunner().invoke(weir, words, env=pipeline.env)
    if isinstance(result.exception, WeirError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def send(pipeline: Pipeline, verdicts: list[bytes]) -> None:
    """Each to the partition of its account."""
    producer = pipeline.producer()
    for verdict in verdicts:
        account = msgspec.json.decode(verdict)["data"]["fields"]["account"]
        producer.produce(pipeline.topic("verdicts"), verdict, account.encode())
    assert producer.flush(30) == 0


def altered(verdict: bytes, **data: str) -> bytes:
    whole = msgspec.json.decode(verdict)
    return msgspec.json.encode({**whole, "data": {**whole["data"], **data}})


def label(pipeline: Pipeline, verdict: bytes) -> None:
    event = msgspec.json.decode(verdict)["data"]["event"]
    data = LabelData(
        event_id=event["id"],
        event_source=event["source"],
        kind="login",
        label="abuse",
        by="analyst",
        labeller="x",
    )
    assert decision_id("login", event["source"], event["id"]) == msgspec.json.decode(verdict)["id"]
    producer = pipeline.producer()
    producer.produce(pipeline.topic("labels"), encode_label("l", "desk", int(time.time() * 1000), data))
    assert producer.flush(30) == 0


def decisions(folder: Path) -> dict[str, str]:
    lines = [msgspec.json.decode(line) for line in (folder / "decisions").read_bytes().splitlines()]
    return {line["event"]["id"]: line["candidate"] for line in lines}
