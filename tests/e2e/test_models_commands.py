"""A model of one's own, from its first label to champion and back, by the commands that whoever is on call has."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition
from support.control import Control
from support.events import record
from support.pipeline import Pipeline, Process, wait_until

from models.registry import Registry
from streams.cli.models import models
from streams.wire import LabelData, encode_label

MINE = '''"""Logins by a tree that grows."""

from river import tree

from models.scorers import Model


def make(names):
    return tree.HoeffdingTreeClassifier(grace_period=50)


MODEL = Model("login.mine", make, inputs=("account.failures_1h", "ip.accounts_1h", "succeeded"))
'''
SHIPPED, OWN = "login.logistic", "login.mine"


def teach(pipeline: Pipeline, count: int, now_ms: int) -> None:
    """Abusive logins fail from one address, honest ones succeed from many; a label for each."""
    producer = pipeline.producer()
    for number in range(count):
        abuse, name = number % 2 == 0, f"l{number}"
        fields = {"account": f"u{number}", "success": not abuse, "ip": f"192.0.2.{1 if abuse else 2 + number % 250}"}
        producer.produce(pipeline.topic("login"), record("login", name, now_ms + number, **fields), "k")
        value = "abuse" if abuse else "legit"
        data = LabelData(event_id=name, event_source="test", kind="login", label=value, by="analyst", labeller="t")
        producer.produce(pipeline.topic("labels"), encode_label(f"of-{name}", "test", now_ms, data), name)
    assert producer.flush(30) == 0


class Traffic:
    """A login every 20 ms, and what becomes of them. ``champions``: when each verdict was sent, in ms, and the model
    that it names champion, as ``model@version``."""

    def __init__(self, pipeline: Pipeline, now_ms: int) -> None:
        self._pipeline = pipeline
        self._now_ms = now_ms
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._send), threading.Thread(target=self._read)]
        self.champions: list[tuple[int, str]] = []

    def __enter__(self) -> Traffic:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _send(self) -> None:
        producer = self._pipeline.producer()
        while not self._over.wait(0.02):
            value = record("login", f"t{time.time_ns()}", self._now_ms, account="somebody")
            producer.produce(self._pipeline.topic("login"), value, "k")
            producer.poll(0)
        producer.flush(30)

    def _read(self) -> None:
        config = {"bootstrap.servers": self._pipeline.settings.kafka, "group.id": "t", "enable.auto.commit": False}
        consumer = Consumer(config | {"isolation.level": "read_committed"})
        topic = self._pipeline.topic("verdicts")
        numbers = consumer.list_topics(topic, timeout=30).topics[topic].partitions
        consumer.assign([TopicPartition(topic, number, 0) for number in numbers])
        while not self._over.is_set():
            message = consumer.poll(0.2)
            if message is not None and message.error() is None:
                scores = json.loads(message.value())["data"]["scores"]
                named = [f"{one['model']}@{one['version']}" for one in scores if one["role"] == "champion"]
                self.champions += [(message.timestamp()[1], name) for name in named]
        consumer.close()

    def seconds_until(self, champion: str) -> float:
        """From the sending of the newest champion record to the first verdict that names this one, as all do then."""
        control = self._pipeline.records("control")
        sent_ms = max(one.timestamp()[1] for one in control if one.key() == b"champion/login")

        def after(at_ms: float) -> list[tuple[int, str]]:
            return sorted(one for one in self.champions if one[0] >= at_ms)

        def found() -> list[int]:
            return [at_ms for at_ms, name in after(sent_ms) if name.startswith(champion)]

        wait_until(lambda: bool(found()), 30, f"verdicts name {champion}")
        first_ms = found()[0]
        wait_until(lambda: len(after(first_ms)) > 50, 30, "50 more verdicts")
        assert all(name.startswith(champion) for _, name in after(first_ms))
        return (first_ms - sent_ms) / 1000


def command(pipeline: Pipeline, *words: str, code: int = 0) -> str:
    """What ``weir models`` says, run in this process, which is quicker."""
    done = Control(pipeline.settings, pipeline.env).run(models, *words)
    assert done.exit_code == code, done.output
    return done.stdout if code == 0 else done.output + done.stderr


def listed(pipeline: Pipeline) -> dict[str, Any]:
    """By model, its line of ``weir models list``; the present ones."""
    lines = json.loads(command(pipeline, "list", "--kind", "login", "--json"))
    return {one["model"]: one for one in lines if one["alias"] in ("champion", "challenger")}


@pytest.mark.services
def test_a_model_is_listed_refused_promoted_rolled_back_carried_away_and_reported(
    services: Any, tmp_path: Path
) -> None:
    now_ms = int(time.time() * 1000) - 3_600_000
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "growing_tree.py").write_text(MINE)
    with Pipeline(services, tmp_path, min_labels=20, checkpoint_s=1, models_folders=folder) as pipeline:
        worker, learner = pipeline.start("worker"), pipeline.start("learner")
        teach(pipeline, 240, now_ms)
        for model in (SHIPPED, OWN):
            line = f'weir_learned_total{{model="{model}"}}'
            wait_until(lambda line=line: learner.metric(line) == 240, 60, f"{line} is 240")  # type: ignore[misc]
        wait_until(lambda: all(listed(pipeline)[one]["learned"] == 240 for one in (SHIPPED, OWN)), 60, "checkpoints")
        now = listed(pipeline)
        assert {name: one["alias"] for name, one in now.items()} == {
            SHIPPED: "champion", OWN: "challenger", "login.halfspace": "challenger",
        }  # fmt: skip
        assert (now[OWN]["ready"], now[OWN]["labels"], now[SHIPPED]["pinned"]) == (True, 240, False)

        # 240 labels, given before there was a champion to compare with, prove nothing.
        said = command(pipeline, "promote", OWN, code=1)
        assert "failed: needs 500 more labelled decisions" in said
        assert "--force does it all the same" in said
        assert "no checkpoint yet" in command(pipeline, "promote", "login.nobody", code=2)
        with Traffic(pipeline, now_ms) as traffic:
            pipeline.weir("models", "promote", OWN, "--force", "--author", "ada", "--note", "a try")
            promoted_s = traffic.seconds_until(f"{OWN}@")
            before = listed(pipeline)[SHIPPED]["version"]
            pipeline.weir("models", "rollback", "--kind", "login")
            back_s = traffic.seconds_until(f"{SHIPPED}@{before}")
        # The goal is 2 s.
        print(f"promotion reached the worker after {promoted_s:.2f} s, rollback after {back_s:.2f} s")  # noqa: T201
        assert promoted_s < 5
        assert back_s < 5
        now = listed(pipeline)
        assert (now[SHIPPED]["alias"], now[SHIPPED]["pinned"], now[SHIPPED]["version"]) == ("champion", True, before)
        assert now[OWN]["alias"] == "challenger"

        carried(pipeline, now[OWN]["version"], tmp_path)
        told(pipeline, now[OWN]["version"], tmp_path)
        still_well(worker, learner)


def carried(pipeline: Pipeline, version: str, folder: Path) -> None:
    """An archive is taken in elsewhere by whoever has the key, and by nobody else."""
    archive = folder / "mine.zip"
    name = f"{OWN}@{version[:10]}"
    command(pipeline, "export", name, str(archive))
    assert "exists: name a new file" in command(pipeline, "export", name, str(archive), code=2)
    here = pipeline.settings.registry
    pipeline.env["WEIR_REGISTRY"] = str(folder / "elsewhere")
    assert "signature" in command(pipeline, "import", str(archive), code=2)
    command(pipeline, "import", str(archive), "--key", str(Path(here) / "signing.key"))
    pipeline.env["WEIR_REGISTRY"] = here
    taken = Registry(folder / "elsewhere").find(OWN, version)
    assert taken is not None
    assert taken.learned == 240


def told(pipeline: Pipeline, version: str, folder: Path) -> None:
    """Card, comparison and report say what the checkpoints do."""
    card = command(pipeline, "show", OWN)
    assert card.startswith(f"# Model {OWN}\n")
    assert "HoeffdingTreeClassifier" in card
    manifest = json.loads(command(pipeline, "show", f"{OWN}@{version[:8]}", "--json"))
    assert (manifest["version"], list(manifest["inputs"])) == (
        version,
        ["account.failures_1h", "ip.accounts_1h", "succeeded"],
    )
    (mine,) = [
        one for one in json.loads(command(pipeline, "compare", "--kind", "login", "--json")) if one["model"] == OWN
    ]
    assert (mine["passed"], mine["champion"].startswith(SHIPPED)) == (False, True)
    page = folder / "report.html"
    command(pipeline, "report", "--kind", "login", "--out", str(page))
    text = page.read_text()
    for said in (OWN, "champion, pinned", "120 abuse, 120 legit", "rolled back", mine["reasons"][0]):
        assert said in text, said
    assert "ada" not in text
    assert "a try" not in text


def still_well(*processes: Process) -> None:
    for process in processes:
        assert process.terminate() == 0, process.log()[-2000:]
