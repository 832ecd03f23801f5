"""Labels teach the models, and what was learned reaches the workers without a restart, also across crashes."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import pytest
from support.events import record
from support.pipeline import Pipeline, wait_until

from streams.wire import LabelData, encode_label


def logins(count: int, start: int, now_ms: int) -> list[tuple[str, bool, bytes]]:
    """(id, abuse, record): abusive logins fail from few addresses, honest ones succeed from many."""
    rng = random.Random(start)
    made = []
    for i in range(start, start + count):
        abuse = rng.random() < 0.5
        fields = {"account": f"u{i}", "success": not abuse, "ip": f"192.0.2.{1 if abuse else 2 + i % 250}"}
        made.append((f"l{i}", abuse, record("login", f"l{i}", now_ms + i, **fields)))
    return made


def label(name: str, abuse: bool, now_ms: int) -> bytes:
    value = "abuse" if abuse else "legit"
    data = LabelData(event_id=name, event_source="test", kind="login", label=value, by="analyst", labeller="t")
    return encode_label(f"label-{name}", "test", now_ms, data)


@pytest.mark.services
def test_labels_are_learned_once_and_the_model_reaches_the_workers(services: Any, tmp_path: Path) -> None:
    now_ms = int(time.time() * 1000) - 3_600_000
    with Pipeline(services, tmp_path, min_labels=20, checkpoint_s=1) as pipeline:
        worker = pipeline.start("worker")
        learner = pipeline.start("learner")
        first = logins(300, 0, now_ms)
        producer = pipeline.producer()
        for name, abuse, value in first:
            producer.produce(pipeline.topic("login"), value, "k")
            # Every label twice: the second teaches nothing.
            producer.produce(pipeline.topic("labels"), label(name, abuse, now_ms), name)
            producer.produce(pipeline.topic("labels"), label(name, abuse, now_ms), name)
        producer.produce(pipeline.topic("labels"), b"garbage", "g")
        producer.flush()
        learned = 'weir_learned_total{model="login.logistic"}'
        wait_until(lambda: learner.metric(learned) == 300, 60, "300 labels learned")

        # A learner that dies takes up where its checkpoint stands.
        learner.kill()
        learner = pipeline.start("learner")
        for name, abuse, value in logins(100, 300, now_ms):
            producer.produce(pipeline.topic("login"), value, "k")
            producer.produce(pipeline.topic("labels"), label(name, abuse, now_ms), name)
        producer.flush()
        wait_until(lambda: learner.metric(learned) == 100, 60, "100 more labels learned")

        def serves_all() -> bool:
            producer.produce(pipeline.topic("login"), record("login", f"probe-{time.time_ns()}", now_ms), "k")
            producer.flush()
            time.sleep(0.5)
            scores = [score for v in pipeline.json("verdicts")[-30:] for score in v["data"]["scores"]]
            return any(
                score["model"] == "login.logistic" and score["version"] != "untrained" and not score.get("warming")
                for score in scores
            )

        wait_until(serves_all, 60, "a trained champion in the verdicts")
        verdict = next(v for v in reversed(pipeline.json("verdicts")) if v["data"]["score"] is not None)
        assert 0 <= verdict["data"]["score"] <= 1
        letters = pipeline.json("dead-letters")
        assert [letter["data"]["reason"] for letter in letters] == ["json"]
        manifests = [m for m in pipeline.records("control") if m.key() == b"model/login.logistic"]
        assert b'"learned":400' in manifests[-1].value()
        assert worker.terminate() == 0
        assert learner.terminate() == 0
