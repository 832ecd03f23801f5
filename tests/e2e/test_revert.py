"""A bad rule hinders people, and is taken back: killed in the middle, run again, nobody is hindered because of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from support.events import record
from support.pipeline import Pipeline, wait_until

from features.event import to_rfc3339
from models.verdict import Verdict, decode
from streams.cli.main import weir
from streams.clients.enforcement import EnforcementClient
from streams.clients.verdict_log import VerdictLog

ACCOUNTS = 120
RULE = """
[[rule]]
id = "{id}"
kind = "login"
when = "country == '{country}'"
action = "{action}"
reason = "from {{country}}"
owner = "test"
cases = [
  {{ fires = true, values = {{ country = "{country}" }} }},
  {{ fires = false, values = {{ country = "ZX" }} }},
]
"""
# ZZ: the bad rule. ZY: a rule that is right. Y1: what other rules hide behind.
RULES = RULE.format(id="bad", country="ZZ", action="challenge") + RULE.format(
    id="good", country="ZY", action="challenge"
)
POLICY = """
expires_s = { challenge = 172800, block = 172800 }

[[escalation]]
action = "challenge"
count = 3
window = "24h"
becomes = "block"
"""


class Story:
    """Three logins of every account: by its number some from where the bad rule looks, some from where the good."""

    def __init__(self, pipeline: Pipeline, log: VerdictLog, now_ms: int) -> None:
        self.pipeline = pipeline
        self.log = log
        self.from_ms = now_ms - 3_600_000
        self.sent = 0

    def countries(self, number: int) -> tuple[str, str, str]:
        kinds = (
            ("ZZ", "ZZ", "ZZ"),  # blocked because of it
            ("ZZ", "ZZ", "ZY"),  # blocked, and only two of three challenges were wrong
            ("ZY", "ZY", "ZZ"),  # blocked, and one was wrong
            ("ZY", "ZY", "ZY"),  # rightly blocked
            ("AT", "ZZ", "AT"),
            ("AT", "AT", "AT"),
        )
        return kinds[number % len(kinds)]

    def send(self, *logins: tuple[str, str, int]) -> None:
        """(account, country, event time in ms); returns when they are decided."""
        producer = self.pipeline.producer()
        for account, country, time_ms in logins:
            value = record(
                "login", f"e{self.sent}", time_ms, account=account, country=country, ip=f"192.0.2.{self.sent % 250}"
            )
            producer.produce(self.pipeline.topic("login"), value, account)
            self.sent += 1
        assert producer.flush(60) == 0
        wait_until(lambda: len(self.decisions()) == self.sent, 60, f"{self.sent} verdicts")

    def send_all(self) -> None:
        for turn in range(3):
            self.send(*((f"a{n}", self.countries(n)[turn], self.from_ms + turn * 1000 + n) for n in range(ACCOUNTS)))

    def records(self) -> list[Any]:
        return list(self.log.read(self.log.starts(), self.log.ends()))

    def verdicts(self) -> list[Verdict]:
        return [decode(message.value()) for message in self.records()]

    def length(self) -> int:
        return sum(self.log.ends().values())

    def decisions(self) -> dict[str, Verdict]:
        return {one.id: one for one in self.verdicts() if not isinstance(one.data.corrects, str)}

    def corrections(self) -> dict[str, Verdict]:
        return {one.id: one for one in self.verdicts() if isinstance(one.data.corrects, str)}

    def holding(self) -> list[Verdict]:
        """Of every decision what holds in the end."""
        found = self.decisions()
        for one in self.verdicts():
            if isinstance(one.data.corrects, str):
                found[one.data.corrects] = one
        return list(found.values())


def enforced(pipeline: Pipeline) -> dict[str, str]:
    with EnforcementClient(pipeline.settings.kafka, pipeline.topic("enforcements")) as client:
        client.read_to_end()
        return {value: counts.action for _, value, counts in client.enforced("account")}


@pytest.mark.services
def test_a_reverted_rule_leaves_nobody_enforced_because_of_it(services: Any, tmp_path: Path) -> None:
    rules = tmp_path / "mine" / "login"
    rules.mkdir(parents=True)
    (rules / "mine.toml").write_text(RULES)
    (rules / "policy.toml").write_text(POLICY)
    with (
        Pipeline(services, tmp_path, rulebook_folders=tmp_path / "mine") as pipeline,
        VerdictLog(pipeline.settings) as log,
    ):
        worker, enforcer = pipeline.start("worker"), pipeline.start("enforcer")
        story = Story(pipeline, log, int(time.time() * 1000))
        story.send_all()
        each = ACCOUNTS // 6
        wait_until(lambda: len(enforced(pipeline)) == 5 * each, 60, "what was decided is enforced")
        assert sorted(enforced(pipeline).values()) == ["block"] * 4 * each + ["challenge"] * each

        misspelled = weir_(pipeline, "rules", "revert", "bda", "--from", "2h", "--to", "now")
        assert "no bundle that ships or was published has a rule 'bda': did you mean 'bad'?" in str(
            misspelled.exception
        )
        early = weir_(pipeline, "rules", "revert", "bad", "--from", "2h", "--to", "now", "--dry-run")
        assert "bad IS STILL IN FORCE" in early.stderr

        # The bad rule is taken out of force; what it did stays.
        (rules / "mine.toml").write_text(RULES.replace('id = "bad"', 'id = "bad"\nmode = "off"'))
        assert weir_(pipeline, "rules", "publish", "--note", "bad").exit_code == 0
        words = ["rules", "revert", "bad", "--from", to_rfc3339(story.from_ms), "--to", "2200-01-01", "--note", "oh"]
        dry = weir_(pipeline, *words, "--dry-run").stdout
        assert f"{3 * ACCOUNTS:,} decisions in that time; the rule fired in {7 * each:,}" in dry
        assert f"{7 * each + each:,} would be corrected" in dry
        assert f"  challenge -> allow: {5 * each:,}\n" in dry
        assert f"  block -> challenge: {each:,}\n" in dry
        assert f"  block -> allow: {2 * each:,}\n" in dry
        assert f"  among them {each:,} that had been escalated because of others" in dry
        assert "Nothing is changed." in dry
        assert story.corrections() == {}
        assert not [m for m in pipeline.records("control") if m.key().startswith(b"revert/")]

        # Killed in the middle, more than once.
        for least in (20, 60):
            kill_after(least, story, start(pipeline, *words, "--rate", "30"))
        before = story.corrections()
        assert 60 <= len(before) < 8 * each
        done = weir_(pipeline, *words)
        assert done.exit_code == 0
        assert f"of these {len(before):,} had been corrected before" in done.stdout
        assert f"{8 * each - len(before):,} are now corrected" in done.stdout
        assert "IS STILL IN FORCE" not in done.stderr
        again = weir_(pipeline, *words)
        assert "\n0 are now corrected" in again.stdout
        corrections = story.corrections()
        assert len(corrections) == 8 * each
        assert len([one for one in story.verdicts() if one.id in corrections]) == 8 * each
        assert before.items() <= corrections.items()
        (declared,) = [m for m in pipeline.records("control") if m.key().startswith(b"revert/")][:1]
        assert b'"note":"oh"' in declared.value()

        # Each stands behind its decision, with its key and its event's coordinates.
        places = {decode(m.value()).id: m for m in story.records()}
        for one in corrections.values():
            decision, correction = places[str(one.data.corrects)], places[one.id]
            assert correction.partition() == decision.partition()
            assert correction.offset() > decision.offset()
            assert (correction.key(), correction.headers()) == (decision.key(), decision.headers())

        # Nobody is hindered because of it, and everybody else is as before.
        expected = {f"a{n}": "challenge" for n in range(ACCOUNTS) if n % 6 in (1, 2)}
        expected |= {f"a{n}": "block" for n in range(ACCOUNTS) if n % 6 == 3}
        wait_until(lambda: enforced(pipeline) == expected, 30, "only what other rules ask for is enforced")
        for one in story.holding():
            assert "bad" not in {reason.rule for reason in one.data.reasons}
        # What was undone counts for no escalation to come: this is their second and third challenge.
        later_ms = int(time.time() * 1000)
        story.send(*((f"a{n}", "ZY", later_ms + n) for n in range(12)))
        coming = {
            one.data.entities["account"]: one.data.action
            for one in story.decisions().values()
            if one.time >= to_rfc3339(later_ms)
        }
        assert [coming[f"a{n}"] for n in range(6)] == [
            "challenge",
            "challenge",
            "block",
            "block",
            "challenge",
            "challenge",
        ]

        # All of it, the corrections too, is what the rules make of it.
        verified = weir_(pipeline, "verify", "--sample", "10000")
        assert verified.exit_code == 0
        total = len(story.decisions()) + len(corrections)
        assert f"{total:,} drawn of {total:,} verdicts in Kafka" in verified.stdout
        assert f"verified in full {total:,}\n" in verified.stdout
        assert f"corrections {8 * each:,}" in verified.stdout
        some = weir_(pipeline, "verify", "--sample", "7", "--kind", "login", "--from", to_rfc3339(later_ms))
        assert "7 drawn of 12 verdicts" in some.stdout
        assert worker.terminate() == 0
        assert enforcer.terminate() == 0


def weir_(pipeline: Pipeline, *words: str) -> Result:
    """In this process: a new one takes seconds to import everything."""
    return CliRunner().invoke(weir, words, env=pipeline.env)


def kill_after(corrections: int, story: Story, process: subprocess.Popen[bytes]) -> None:
    def published() -> bool:
        assert process.poll() is None, "it ended by itself"
        return story.length() >= story.sent + corrections

    wait_until(published, 60, f"{corrections} corrections")
    process.kill()
    assert process.wait() == -signal.SIGKILL


def start(pipeline: Pipeline, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "streams", *words],
        env={**os.environ, **pipeline.env},
        cwd=pipeline.folder,
        stdout=subprocess.DEVNULL,
    )
